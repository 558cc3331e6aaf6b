import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutsideError } from '../../src/core/errors.ts';
import { hours, minutes } from '../../src/core/time.ts';
import { describeCheck, type LoadedSettings, loadSettings } from '../../src/settings/load-settings.ts';
import { showSettings } from '../../src/settings/show-settings.ts';
import type { Variables } from '../../src/settings/variables.ts';
import { SOURCE_TYPES } from '../../src/source-types.ts';
import { removeDirectory } from '../fakes/directory.ts';

const GOOD = `state: { sqlite: ./state/rollbackd.db }
git:
  identity: { name: rollbackd, email: rollbackd@example.com }
people:
  roger: { email: roger@example.com }
teams:
  team-lead: [roger]
notifiers:
  mail: { smtp: { host: smtp.example.com, user: rollbackd, password_file: ./smtp.txt }, from: rollbackd@example.com }
sources:
  dbt-prod: { type: dbt, target: ./target, expect_every: 1h }
environments:
  production:
    tier: production
    repository: { remote: ./remote.git, paths: [dbt/] }
    runs: work-tree
    work_tree: { path: ./tree }
    required: [dbt-prod]
`;

const RULES = `matrix:
  - { severity: critical, impact: "*", tier: "*", do: rollback }
  - { severity: "*", impact: "*", tier: "*", do: ask, approvers: team-lead, within: 1h, then: L1 }
ladder:
  - { level: L1, after: 0m, contacts: [roger], via: [mail] }
`;

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollbackd-settings-'));
});
afterEach(() => removeDirectory(directory));

function write(name: string, text: string): string {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function load(text: string, variables: Variables = {}, rules = RULES): LoadedSettings {
  write('rules/policy.yaml', rules);
  return loadSettings(write('rollbackd.yaml', text), variables, SOURCE_TYPES);
}

function say(loaded: LoadedSettings): string {
  return describeCheck(loaded).text.replaceAll(`${directory}/`, '');
}

describe('a configuration that is right', () => {
  test('has every default filled in, and paths from its own directory', () => {
    const { settings, policy, diagnostics } = load(GOOD);

    expect(diagnostics).toEqual([]);
    expect(settings?.state.sqlite).toBe(join(directory, 'state/rollbackd.db'));
    expect(settings?.server).toMatchObject({
      host: '127.0.0.1',
      port: 8790,
      publicUrl: 'http://127.0.0.1:8790',
    });
    expect(settings?.environments).toHaveLength(1);
    expect(settings?.environments[0]).toMatchObject({
      mode: 'shadow',
      repository: { remote: join(directory, 'remote.git') },
      workTree: { path: join(directory, 'tree'), ignore: ['**/package-lock.yml'] },
      schedule: { type: 'none' },
      dbt: null,
      names: { github: 'production', dbtTarget: null },
      environment: {
        sources: [{ name: 'dbt-prod', expectEvery: hours(1), staleAfter: hours(2) }],
        bake: { for: minutes(60), settle: minutes(2), minEvidence: 1 },
        limits: { coolDown: hours(6), budget: { count: 2, per: hours(24) } },
        probation: hours(2),
        proveWithin: hours(2),
        hasCommands: false,
      },
    });
    expect(policy?.teams.get('team-lead')).toEqual(['roger']);
    expect(policy?.version).toMatch(/^[0-9a-f]{7}$/);
  });

  test('the shipped one is right as it stands', () => {
    const root = fileURLToPath(new URL('../../', import.meta.url));

    expect(describeCheck(loadSettings(join(root, 'rollbackd.yaml'), {}, SOURCE_TYPES))).toMatchObject({
      exitCode: 0,
    });
  });

  test('the policy has another version when a person has another address', () => {
    const one = load(GOOD).policy?.version;

    expect(load(GOOD.replace('roger@example.com', 'r@example.com')).policy?.version).not.toBe(one);
  });
});

describe('secrets', () => {
  const TOKEN = `${GOOD.replace('git:\n', 'git:\n  token: ${GITHUB_TOKEN}\n')}server:\n  listen: 127.0.0.1:\${PORT:-9000}\n`;

  test('a variable is filled in, also within text, and shows itself nowhere', () => {
    const { settings } = load(TOKEN, { GITHUB_TOKEN: 'ghp_hidden' });

    expect(settings?.git.token?.reveal()).toBe('ghp_hidden');
    expect(settings?.server.port).toBe(9000);
    expect(settings === undefined ? '' : showSettings(settings)).toContain('token: <secret>');
    expect(settings === undefined ? 'ghp_hidden' : showSettings(settings)).not.toContain('ghp_hidden');
    expect(`${inspect(settings, { depth: 9 })}${JSON.stringify(settings)}`).not.toContain('ghp_hidden');
  });

  test('a variable that is not set is a mistake with its place', () => {
    expect(say(load(TOKEN))).toBe(
      [
        'error: GITHUB_TOKEN is not set',
        '  rollbackd.yaml:3:10',
        '   |',
        ' 3 |   token: ${GITHUB_TOKEN}',
        '   |          ^^^^^^^^^^^^^^^ export it, or use token_file',
        '',
        '1 error. Nothing was started.',
        '',
      ].join('\n'),
    );
  });

  test('what a variable holds is in no message, however wrong it is', () => {
    const text = GOOD.replace('rollbackd@example.com }', '"${HIDDEN}" }')
      .replace('expect_every: 1h', 'expect_every: "${HIDDEN}"')
      .replace('tier: production', 'tier: ${HIDDEN}');

    const said = say(load(text, { HIDDEN: 'hunter2' }));

    expect(said).toContain('3 errors');
    expect(said).not.toContain('hunter2');
  });

  test('a variable inside braces needs quotes, and is told so', () => {
    const said = say(load(GOOD.replace('rollbackd@example.com }', '${EMAIL} }'), { EMAIL: 'a@b' }));

    expect(said).toContain('inside { } and [ ] write "${EMAIL}"');
    expect(said).toContain('1 error. Nothing was started.');
  });

  test('a file is read at each use, without the spaces around it; without it the use fails', () => {
    const password = load(GOOD).settings?.notifiers.get('mail')?.password;
    expect(() => password?.reveal()).toThrow(OutsideError);

    write('smtp.txt', ' one\n');
    expect(password?.reveal()).toBe('one');

    write('smtp.txt', 'two\n');
    expect(password?.reveal()).toBe('two');
  });

  test('a password in an address is not shown', () => {
    const { settings } = load(GOOD.replace('./remote.git', 'https://bot:hunter2@git.example.com/a.git'));

    expect(settings === undefined ? 'hunter2' : showSettings(settings)).not.toContain('hunter2');
  });
});

describe('what is wrong', () => {
  const environment = (lines: string) => `${GOOD}${lines.replaceAll(/^/gm, '    ')}\n`;

  test('all files are checked at once', () => {
    const said = say(
      load(
        GOOD.replace('sources:', 'souces:').replace('team-lead: [roger]', 'team-lead: [rogr]'),
        {},
        RULES.replace('[mail]', '[mial]').replace('do: rollback', 'do: rolback'),
      ),
    );

    expect(said).toContain('unknown key "souces"');
    expect(said).toContain('did you mean "sources"?');
    expect(said).toContain('there is no person "rogr"');
    expect(said).toContain('"rolback" is not an action');
    expect(said).toContain('there is no notifier "mial"');
  });

  test.each<[string, string, string]>([
    ['an unknown key in an environment, with its list', 'requird: dbt-prod', 'unknown key "requird"'],
    [
      'work without a work tree',
      GOOD.replace('    work_tree: { path: ./tree }\n', ''),
      'what runs is a work tree, and none is named',
    ],
    [
      'a branch that does not say when it runs',
      GOOD.replace('runs: work-tree', 'runs: branch'),
      'the branch does not say when its head begins to run',
    ],
    [
      'a database that is not built',
      GOOD.replace('{ sqlite: ./state/rollbackd.db }', '{ postgres: db.example.com }'),
      'PostgreSQL is not built yet: state is kept in one SQLite file',
    ],
    [
      'the same, in one word',
      GOOD.replace('{ sqlite: ./state/rollbackd.db }', 'postgres'),
      'write sqlite: ./state/rollbackd.db',
    ],
    ['a source that is not there', GOOD.replace('[dbt-prod]', '[dbt-prd]'), 'did you mean "dbt-prod"?'],
    [
      'a schedule that is paused and nothing that proves',
      'schedule: { type: command, pause: [a], resume: [b], status: [c] }',
      'nothing of our own proves that the rollback is healthy',
    ],
    [
      'a command schedule without its commands',
      'schedule: { type: command, pause: [a] }\ndbt: { commands: [[dbt, build]] }',
      'a schedule of type command needs "resume"',
    ],
    [
      'no schedule, but a command',
      'schedule: { type: none, pause: [a] }',
      'a schedule of type none has no commands',
    ],
    ['a proof that ends before evidence can come', 'prove_within: 1h', 'at least 2h, twice expect_every'],
    ['an address that is none', GOOD.replace('roger@example.com', 'roger'), 'this is not an e-mail address'],
    [
      'a port that is none',
      `${GOOD}server: { listen: "127.0.0.1:99999" }\n`,
      'this is not an address to listen on',
    ],
    [
      'a webhook that believes anybody',
      `${GOOD}webhooks: { github: {} }\n`,
      'a webhook without a secret would believe anybody',
    ],
    [
      'a comparison that is none',
      `${GOOD}severity:\n  - { match: { descendants: many }, severity: high }\n`,
      '"many" is not a comparison',
    ],
    ['a shell line for a command', 'dbt: { commands: ["dbt build"] }', 'this must be a list'],
    ['a strategy that there is not', 'strategies: [rebuild]', '"rebuild" is not a strategy'],
    [
      'a secret said twice',
      GOOD.replace('password_file', 'password: x, password_file'),
      'the secret is said here and above',
    ],
  ])('%s', (_, text, message) => {
    const loaded = load(text.includes('git:') ? text : environment(text));

    expect(say(loaded)).toContain(message);
    expect(loaded.settings).toBeUndefined();
    expect(describeCheck(loaded).exitCode).toBe(1);
  });

  test('rules without a matrix or a ladder are no policy', () => {
    const said = say(load(GOOD, {}, 'rules: []\n'));

    expect(said).toContain('no file here has the decision matrix');
    expect(said).toContain('no file here has the escalation ladder');
  });

  test('a configuration or rules that are not there are said so', () => {
    expect(say(loadSettings(join(directory, 'none.yaml'), {}, SOURCE_TYPES))).toContain(
      'there is no configuration to read: no such file',
    );
    expect(say(load(`${GOOD}rules: elsewhere/\n`))).toContain('the rules cannot be read: no such file');
  });

  test('rules of systems that are not configured wait, and check names the systems', () => {
    const rule =
      'rules:\n  - { name: r, signal: waiting.kind, when: signal.value > 3, severity: low, impact: performance }\n';
    const kind = {
      kind: 'waiting.kind',
      is: 'a number',
      attributes: { value: 'number' },
      absence: 'unknown',
      evidence: false,
    } as const;
    const [dbt] = SOURCE_TYPES;
    if (dbt === undefined) throw new Error('no types');
    const types = [dbt, { ...dbt, type: 'waiting', kinds: [kind] }];
    write('rules/policy.yaml', RULES + rule);
    const loaded = loadSettings(write('rollbackd.yaml', GOOD), {}, types);

    expect(say(loaded)).not.toContain('feeds');
    expect(describeCheck(loaded)).toMatchObject({
      text: expect.stringContaining('1 rule waits for sources that are not configured: waiting'),
    });
  });
});
