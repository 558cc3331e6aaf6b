import { describe, expect, test } from 'vitest';
import { checkRules } from '../../src/rules/check-rules.ts';
import { KINDS } from './kinds.ts';

const MATRIX = 'matrix:\n  - { severity: "*", impact: "*", tier: "*", do: monitor }\n';

/** One rule with one thing changed, from line 2 on. */
function ruleWith(changes: Record<string, string | undefined>): string {
  const fields: Record<string, string | undefined> = {
    name: 'a-rule',
    signal: 'dbt.test',
    when: 'signal.status == "fail"',
    severity: 'critical',
    impact: 'data-quality',
    ...changes,
  };
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${value}`);
  return `rules:\n  - ${lines.join('\n    ')}\n`;
}

function say(text: string, path = 'rules/triggers/a.yaml'): string {
  return checkRules(
    [
      { path, text },
      { path: 'rules/triggers/a.test.yaml', text: '[]' },
    ],
    KINDS,
  ).text;
}

describe('what is wrong is shown with its place', () => {
  test('a misspelt attribute, under its carets, with what there is', () => {
    expect(say(ruleWith({ when: 'signal.status == "fail" && signal.layr == "gold"' }))).toBe(
      [
        'error: unknown attribute "layr" of signal dbt.test',
        '  rules/triggers/a.yaml:4:45',
        '   |',
        ' 4 |     when: signal.status == "fail" && signal.layr == "gold"',
        '   |                                             ^^^^ did you mean "layer"?',
        '   = dbt.test has: status, severity, failures, layer, tags, meta, owner, fqn, exposures, ...',
        '',
        '2 files, 1 rule, 0 tests: 1 error. The daemon keeps the rules it has.',
        '',
      ].join('\n'),
    );
  });

  test('a bad duration, with the right one', () => {
    expect(
      say(ruleWith({ signal: 'sql.latency', when: 'window.median > 1.5 * baseline.median', over: '10 min' })),
    ).toContain(
      [
        'error: "10 min" is not a duration',
        '  rules/triggers/a.yaml:7:11',
        '   |',
        ' 7 |     over: 10 min',
        '   |           ^^^^^^ write 10m',
        '',
      ].join('\n'),
    );
  });

  test('a row that can never match, with the row that takes its place', () => {
    const text = `matrix:
  - { severity: critical, impact: "*", tier: "*", do: rollback }
  - { severity: high, impact: "*", tier: "*", do: ask, approvers: team-lead, within: 1h, then: L3 }
  - { severity: high, impact: data-quality, tier: production, do: rollback }
  - { severity: "*", impact: "*", tier: "*", do: monitor }
`;

    expect(say(text, 'rules/decision-matrix.yaml')).toContain(
      [
        'error: this row can never match',
        '  rules/decision-matrix.yaml:4:7',
        '   |',
        ' 4 |   - { severity: high, impact: data-quality, tier: production, do: rollback }',
        '   |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ row 2, line 3, matches all of it',
        '   = move it above line 3, or remove it',
        '',
      ].join('\n'),
    );
  });

  test.each<[string, Record<string, string | undefined>, string, string]>([
    ['a misspelt key', { whn: '1' }, 'unknown key "whn"', 'did you mean "when"?'],
    ['a key that is missing', { impact: undefined }, 'a rule needs "impact"', 'add impact: an impact'],
    [
      'a word that is no severity',
      { severity: 'critcal' },
      '"critcal" is not a severity',
      'did you mean "critical"?',
    ],
    [
      'a kind that nothing brings',
      { signal: 'dbt.tst' },
      'no source brings signals of kind "dbt.tst"',
      'did you mean "dbt.test"?',
    ],
    [
      'a word that a status never is',
      { when: 'signal.status == "fial"' },
      'signal.status of dbt.test is never "fial"',
      'did you mean "fail"?',
    ],
    [
      'such a word in a list',
      { when: 'signal.status in ["fail", "eror"]' },
      'is never "eror"',
      'did you mean "error"?',
    ],
    [
      'such a word on the left',
      { when: `'"fial" != signal.status'` },
      'is never "fial"',
      'did you mean "fail"?',
    ],
    [
      'a condition that is no question',
      { when: 'signal.status' },
      'this condition answers text, not yes or no',
      'compare it with something',
    ],
    [
      'text compared with a number',
      { when: 'signal.status == 3' },
      'text cannot be compared with a number',
      'text stands in quotes: "3"',
    ],
    [
      'a list compared with text',
      { when: 'signal.tags == "gold"' },
      'a list cannot be compared with text',
      'write "gold" in signal.tags',
    ],
    [
      'an attribute without its signal',
      { when: 'status == "fail"' },
      'unknown name "status"',
      'did you mean "signal.status"?',
    ],
    [
      'a word without its quotes',
      { when: 'signal.status == fail' },
      'unknown name "fail"',
      'text stands in quotes: "fail"',
    ],
    ['a single equals sign', { when: 'signal.status = "fail"' }, 'this condition cannot be read', 'write =='],
    ['and in letters', { when: 'signal.unit and signal.unit' }, 'this condition cannot be read', 'write &&'],
    [
      'a condition without its end',
      { when: 'signal.status == "fail" &&' },
      'this condition ends too early',
      '',
    ],
    [
      'window without over',
      { when: 'window.median > 1' },
      '"window" is known only where the rule says over',
      'add over: 10m',
    ],
    [
      'a function that is not there',
      { when: 'signal.owner.startWith("a")' },
      'no function',
      'did you mean "startsWith"?',
    ],
    [
      'a pattern that can take forever',
      { when: 'signal.owner.matches("(a+)+b")' },
      'this pattern can take forever',
      'repeat no group',
    ],
    ['a constructor', { when: 'signal.constructor == "x"' }, 'unknown attribute "constructor"', ''],
    ['over of what is not measured', { over: '10m' }, 'dbt.test measures nothing', 'remove over'],
    ['min_samples without over', { min_samples: '3' }, 'min_samples counts the samples of over', 'add over'],
    ['more agreement than there are results', { confirm: '3 of 2' }, '3 of 2 can never be', ''],
    ['silence taken for health', { on_missing: 'clear' }, 'silence of dbt.test is not health', 'write hold'],
    [
      'a placeholder that nothing fills',
      { summary: '"{{failurs}} rows"' },
      'nothing fills in {{failurs}}',
      'did you mean "failures"?',
    ],
    ['yes for true', { only_new: 'yes' }, '"yes" is not true or false', 'write true'],
    ['off for false', { only_new: 'off' }, '"off" is not true or false', 'write false'],
    ['a sexagesimal time', { for: '1:30' }, '"1:30" is not a duration', 'write it as 90s, 15m or 1h30m'],
    ['a number for a duration', { for: '10' }, '"10" is not a duration', 'write 10s, 10m or 10h'],
    ['a name with spaces', { name: 'a rule' }, '"a rule" is not a name', 'use letters'],
    ['a number for a name', { name: '12' }, '12 is not text', 'write "12"'],
    ['an empty value', { for: '' }, 'a value is missing here', 'write a duration'],
    ['a list for a text', { when: '[a]' }, 'this must be text, not a list', ''],
  ])('%s', (_, changes, message, hint) => {
    const said = say(ruleWith(changes));

    expect(said).toContain(message);
    expect(said).toContain(hint);
    expect(said).toContain('rules/triggers/a.yaml:');
    expect(said).toMatch(/: 1 error\. The daemon/);
  });
});

describe('every mistake at once', () => {
  test('one wrong field hides neither the condition nor the next rule', () => {
    const wrong = ruleWith({ when: 'signal.layr == "x"', for: '10 min', severity: 'bad' });
    const { loaded, exitCode } = checkRules(
      [{ path: 'a.yaml', text: wrong + ruleWith({ name: 'b', when: 'sgnal.x' }).slice(7) }],
      KINDS,
    );

    expect(loaded.diagnostics.map((each) => each.message)).toEqual([
      'unknown attribute "layr" of signal dbt.test',
      '"bad" is not a severity',
      '"10 min" is not a duration',
      'unknown name "sgnal"',
    ]);
    expect(exitCode).toBe(1);
  });

  test('a rule of the same name in another file is refused, with the place of the first', () => {
    const files = [
      { path: 'a.yaml', text: ruleWith({}) },
      { path: 'b.yaml', text: ruleWith({ when: 'signal.unit' }) },
    ];

    const { loaded } = checkRules(files, KINDS);

    expect(loaded.diagnostics.filter((each) => each.severity === 'error')).toMatchObject([
      {
        file: 'b.yaml',
        line: 2,
        message: 'a rule of the name "a-rule" is there already',
        hint: 'a.yaml:2 has it',
      },
    ]);
    expect(loaded.rules.map((rule) => rule.file)).toEqual(['a.yaml']);
  });

  test('a place in a folded condition is found again', () => {
    const text = ruleWith({ when: '>-\n      signal.status == "fail"\n      && signal.layr == "x"' });

    expect(checkRules([{ path: 'a.yaml', text }], KINDS).loaded.diagnostics[0]).toMatchObject({
      line: 6,
      column: 17,
      length: 4,
    });
  });
});

describe('the decision matrix', () => {
  test('a hole is named', () => {
    const text = 'matrix:\n  - { severity: critical, impact: "*", tier: "*", do: rollback }\n';

    expect(say(text)).toContain(
      'no row matches severity high, impact production-down, tier production (and 41 more)',
    );
  });

  test('a row that several earlier rows cover together is dead', () => {
    const rows = ['production', 'non-production', '"*"'].map(
      (tier) => `  - { severity: "*", impact: "*", tier: ${tier}, do: monitor }\n`,
    );

    expect(say(`matrix:\n${rows.join('')}`)).toContain('rows 1, 2 together match all of it');
  });

  test('asking without saying whom is refused', () => {
    const text = 'matrix:\n  - { severity: "*", impact: "*", tier: "*", do: ask, within: 1h }\n';

    expect(say(text)).toContain('a row that says ask needs approvers, then');
  });

  test('a level that the ladder does not have is refused', () => {
    const matrix =
      'matrix:\n  - { severity: "*", impact: "*", tier: "*", do: ask, approvers: a, within: 1h, then: L9 }\n';
    const ladder = 'ladder:\n  - { level: L1, after: 0m, contacts: [a], via: [mail] }\n';

    expect(say(matrix + ladder)).toContain('there is no escalation level "L9"');
  });

  test('two matrices are one too many', () => {
    const files = ['a.yaml', 'b.yaml'].map((path) => ({ path, text: MATRIX }));

    expect(checkRules(files, KINDS).text).toContain('there is a decision matrix already');
  });
});

describe('the escalation ladder', () => {
  const ladder = (...levels: string[]) =>
    say(`ladder:\n${levels.map((level) => `  - { ${level} }\n`).join('')}`);

  test('a level with nobody to tell is refused at its list', () => {
    const said = ladder(
      'level: L1, after: 0m, contacts: [a], via: [mail]',
      'level: L2, after: 15m, contacts: [], via: [mail]',
    );

    expect(said).toContain('error: escalation level L2 has nobody to tell\n  rules/triggers/a.yaml:3:40\n');
    expect(said).toContain('^^ name at least one contact');
  });

  test('levels must come one after the other, and each once', () => {
    const said = ladder(
      'level: L1, after: 15m, contacts: [a], via: [m]',
      'level: L1, after: 15m, contacts: [a], via: [m]',
    );

    expect(said).toContain('level L1 is said twice');
    expect(said).toContain('level L1 does not come after L1');
  });
});

describe('exit codes', () => {
  test('advice alone is 3: a rule without a test', () => {
    const { text, exitCode } = checkRules([{ path: 'rules/a.yaml', text: ruleWith({}) }], KINDS);

    expect(exitCode).toBe(3);
    expect(text).toContain('lint: nothing tests the rule "a-rule"');
    expect(text).toContain('write a.test.yaml beside it');
    expect(text).toContain('1 file, 1 rule, 0 tests: 1 lint.\n');
  });

  test('nothing to read is 2', () => {
    expect(checkRules([], KINDS).exitCode).toBe(2);
  });

  test('nothing wrong is 0', () => {
    expect(checkRules([{ path: 'm.yaml', text: MATRIX }], KINDS)).toMatchObject({
      exitCode: 0,
      text: '1 file, 0 rules, 0 tests: no errors.\n',
    });
  });
});

test('what a file says cannot drive the terminal', () => {
  expect(say('rules:\n  - "\u202e\u0007"\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});
