import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Diagnostic } from '../../src/rules/diagnostic.ts';
import { loadRules } from '../../src/rules/load-rules.ts';
import { readPlainYaml } from '../../src/rules/plain-yaml.ts';
import { Source } from '../../src/rules/source.ts';
import { readAnyYaml, readYaml } from '../../src/rules/yaml.ts';
import type { YamlNode } from '../../src/rules/yaml-node.ts';
import { KINDS } from './kinds.ts';

function read(text: string): { readonly node: YamlNode | undefined; readonly messages: readonly string[] } {
  const problems: Diagnostic[] = [];
  const node = readYaml(new Source('a.yaml', text), problems);
  return { node, messages: problems.map((each) => `${each.line}:${each.column} ${each.message}`) };
}

/** Collections end where their last value ends for the one, behind it for the other: that alone is not compared. */
function comparable(node: YamlNode | undefined): unknown {
  if (node === undefined || node.is === 'scalar') return node;
  if (node.is === 'list') return [node.start, ...node.items.map(comparable)];
  return {
    start: node.start,
    entries: node.entries.map(({ key, keySpan, value }) => [key, keySpan, comparable(value)]),
  };
}

function scalarOf(text: string): unknown {
  const { node } = read(`a: ${text}\n`);
  const value = node?.is === 'map' ? node.entries[0]?.value : undefined;
  return value?.is === 'scalar' ? value.value : undefined;
}

describe('YAML 1.2 core', () => {
  test.each([
    ['on', 'on'],
    ['no', 'no'],
    ['60:00', '60:00'],
    ['010', 10],
    ['0o10', 8],
    ['1e3', 1000],
    ['true', true],
    ['~', null],
    ['2026-01-01', '2026-01-01'],
  ])('%s is %j', (text, value) => {
    expect(scalarOf(text)).toBe(value);
  });

  test('a key that is said twice is refused with the place of the first', () => {
    expect(read('a: 1\nb: 2\na: 3\n').messages).toEqual(['3:1 "a" is said twice']);
  });

  test('an alias bomb is refused, and quickly', () => {
    const levels = Array.from(
      { length: 30 },
      (_, n) => `l${n + 1}: &l${n + 1} [${`*l${n}, `.repeat(9)}*l${n}]`,
    );

    expect(read(`l0: &l0 [x]\n${levels.join('\n')}\n`).messages).toEqual([expect.stringMatching(/alias/)]);
  });

  test('an alias within itself is refused', () => {
    expect(read('a: &a [*a]\n').messages).toHaveLength(1);
  });

  test('merge keys are read as what they are: an unknown key', () => {
    const { diagnostics } = loadRules([{ path: 'a.yaml', text: 'x: &x { rules: [] }\n<<: *x\n' }], KINDS);

    expect(diagnostics.map((each) => each.message)).toContain('unknown key "<<"');
  });

  test('a second document, a tab and an open quote have their places', () => {
    expect(read('a: 1\n---\nb: 2\n').messages).toEqual(['2:1 a second document begins here']);
    expect(read('a:\n\tb: 1\n').messages[0]).toMatch(/^2:1 /);
    expect(read('a: "x\n').messages[0]).toMatch(/missing closing/);
  });

  test('a file of many megabytes is not read', () => {
    expect(read(`a: ${'x'.repeat(5_000_000)}`).messages).toEqual(['0:0 this file is too large']);
  });
});

describe('whatever is written', () => {
  const pieces = fc.constantFrom(
    'rules',
    'a',
    ': ',
    ':',
    '\n',
    '\n  ',
    '- ',
    '-',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '"',
    "'",
    '#',
    ' #',
    '&x',
    '*x',
    '!',
    '|',
    '>',
    '?',
    '~',
    '1',
    'true',
    '\t',
    '\r\n',
    '---',
    '%',
    '\\',
    'é',
    '<<',
    '.5',
    ' ',
  );
  const scribble = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''));

  test('reading ends with rules or with diagnostics, never with an exception', () => {
    fc.assert(
      fc.property(fc.oneof(scribble, fc.string({ unit: 'binary' })), (text) => {
        const { diagnostics } = loadRules(
          [
            { path: 'a.yaml', text },
            { path: 'a.test.yaml', text },
          ],
          KINDS,
        );
        for (const each of diagnostics) expect(each.message).not.toBe('');
      }),
      { numRuns: 1_000 },
    );
  });

  test('what the quick reader reads, it reads as the full library does', () => {
    fc.assert(
      fc.property(scribble, (text) => {
        const source = new Source('a.yaml', text);
        const quick = readPlainYaml(source);
        if (quick === undefined) return;
        const problems: Diagnostic[] = [];
        expect(comparable(quick)).toEqual(comparable(readAnyYaml(source, problems)));
        expect(problems).toEqual([]);
      }),
      { numRuns: 5_000 },
    );
  });

  test('documents that a program wrote are read the same by both', () => {
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('x', 'a b', '1h', 3, true, 'on', 'x: y', '# no', '-', '*', ''),
        tie('list'),
        tie('map'),
      ),
      list: fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
      map: fc.dictionary(fc.stringMatching(/^[a-z_]{1,6}$/), tie('node'), { minKeys: 1, maxKeys: 4 }),
    })).node;
    let quickly = 0;
    fc.assert(
      fc.property(value, fc.constantFrom('block', 'flow', 'any'), (written, collectionStyle) => {
        const source = new Source('a.yaml', stringify({ it: written }, { collectionStyle, lineWidth: 0 }));
        const quick = readPlainYaml(source);
        if (quick === undefined) return;
        quickly += 1;
        expect(comparable(quick)).toEqual(comparable(readAnyYaml(source, [])));
      }),
      { numRuns: 1_000 },
    );
    expect(quickly).toBeGreaterThan(300);
  });
});
