import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { breakable } from '../../../src/adapters/smtp/escape.ts';
import { renderMail } from '../../../src/adapters/smtp/render.ts';
import { aMessage, aNotice } from '../../fakes/a-notice.ts';

const EVIL = [
  '<img src=x onerror=alert(1)>',
  '</td></div><script>x</script>',
  '" onload="x',
  '\u202Efdp.exe',
  '🙂',
  'a\u0000b\r\nc',
  '`<b>`',
  '9f2c1ab<i>',
];
const strange = fc.oneof(fc.constantFrom(...EVIL), fc.string(), fc.string({ unit: 'binary' }));

/** The text in every place where text can stand. */
function everywhere(text: string) {
  const link = { label: text, path: `https://example.com/${text}`, primary: true };
  const facts = [
    { label: text, value: text },
    { label: 'code', value: text, code: true },
  ];
  return aNotice({
    environment: text,
    message: aMessage({
      subject: text,
      word: text,
      about: text,
      headline: text,
      request: text,
      links: [link],
      sections: [
        { title: text, facts, steps: [text, `${text}: ${text}`], text },
        { title: 'checks', facts: [{ label: text, value: text, shape: 'well' }] },
        { title: 'times', facts: [{ label: '02:13:41', value: text }] },
        { title: 'lines', text: `${text}\n${text}` },
      ],
      footer: [text],
    }),
  });
}

/** Tags that are our own, with attributes that only we write. */
const OURS =
  /<(!doctype html|\/?(html|head|body|div|p|h1|h2|ol|li|strong|span|title|a)( [a-z]+="[^"<>]*")*|meta( [a-z-]+="[^"<>]*")+|wbr|br)>/g;

describe('text of strangers in a mail', () => {
  test('never becomes HTML of its own, wherever it stands', () => {
    fc.assert(
      fc.property(strange, (text) => {
        const { html } = renderMail(everywhere(text));
        const rest = html.replaceAll(OURS, '');

        expect(rest).not.toMatch(/[<>]/);
        expect(html).not.toMatch(/<\/?(script|img|i|b|td)[ >]/);
        expect(html).not.toContain('\u202E');
      }),
    );
  });

  test('never breaks a subject into lines', () => {
    fc.assert(
      fc.property(strange, (text) => {
        expect(renderMail(everywhere(text)).subject).not.toMatch(/[\r\n\u0000]/);
      }),
    );
  });

  test('of a million characters is cut, and says so', () => {
    const { html, text, subject } = renderMail(everywhere('<x>'.repeat(350_000)));

    expect(html.length).toBeLessThan(600_000);
    expect(text.length).toBeLessThan(200_000);
    expect(subject.length).toBeLessThan(250);
    expect(text).toContain('more characters)');
    expect(html).toContain('more characters)');
  });

  test('only addresses of the web become links', () => {
    const links = [{ label: 'x', path: 'javascript:alert(1)', primary: true }];

    expect(renderMail(aNotice({ message: aMessage({ links }) })).html).not.toContain('href');
  });

  test('a text of right-to-left letters stays readable', () => {
    expect(renderMail(everywhere('שלום')).text).toContain('שלום');
  });
});

describe('a mail', () => {
  test('says what is asked in the same order as text and as HTML', () => {
    const message = aMessage({
      sections: [
        { title: 'What is wrong', facts: [{ label: 'Test', value: 'not_null_gold_fct_orders_customer_id' }] },
        { title: 'What happens', steps: ['Pause the schedule: dbt_transform'] },
      ],
      footer: ['Why you get this'],
    });
    const { html, text } = renderMail(aNotice({ message }));
    const order = [
      'Failing',
      'A test fails.',
      'Look at it.',
      'What is wrong',
      'Test',
      'What happens',
      'Pause the schedule',
      'Why you get this',
    ];
    const places = (said: string) => order.map((words) => said.indexOf(words));
    const body = html.slice(html.indexOf('role="main"'));

    expect(places(text)).toEqual(places(text).toSorted((a, b) => a - b));
    expect(places(body)).toEqual(places(body).toSorted((a, b) => a - b));
    expect(places(text)).not.toContain(-1);
    expect(places(body)).not.toContain(-1);
  });

  test('shows when it happened, not when it was sent', () => {
    const { html, text } = renderMail(aNotice());

    expect(text).toContain('Wed 18 Nov 02:13 UTC');
    expect(html).toContain('Wed 18 Nov 02:13 UTC');
  });

  test('lets long identifiers break where a telephone needs it', () => {
    expect(breakable('not_null_gold_fct_orders')).toBe('not_<wbr>null_<wbr>gold_<wbr>fct_<wbr>orders');
    expect(breakable('a_b')).toBe('a_b');
  });
});
