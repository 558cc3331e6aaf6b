import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RollbackWorkflowOptions } from '../../../src/adapters/github/rollback-workflow.ts';
import { OutsideError } from '../../../src/core/errors.ts';
import { minutes } from '../../../src/core/time.ts';
import { GOING_ON } from './client.ts';
import { BAD, GOOD, openRig, type Rig, ROLLBACK_YML } from './rollback.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await openRig();
});

beforeEach(() => {
  rig.github.state.workflows.clear();
  rig.github.state.files.clear();
  rig.github.state.reviewers.clear();
  rig.github.scopes = null;
  rig.github.state.addWorkflow('rollback.yml', ROLLBACK_YML);
});

afterEach(() => expect(rig.github.problems).toEqual([]));
afterAll(() => rig[Symbol.asyncDispose]());

function check(change: Partial<RollbackWorkflowOptions> = {}, to = GOOD) {
  return rig.rollback(change).workflow.check({ from: BAD, to }, GOING_ON);
}

/** The file with something else in it. */
function file(change: (text: string) => string): void {
  rig.github.state.addWorkflow('rollback.yml', change(ROLLBACK_YML));
}

describe('a workflow that could do it', () => {
  test('its inputs are filled in; the incident and the key are left for later', async () => {
    const inputs = {
      ...{ target_commit: '{{ commit }}', environment: '{{environment}}' },
      reason: '{{from}} {{ incident }} {{key}}',
    };

    expect(await check({ inputs })).toEqual({
      problems: [],
      warnings: [],
      needsApproval: [],
      ref: 'main',
      inputs: { target_commit: GOOD, environment: 'production', reason: `${BAD} {{incident}} {{key}}` },
    });
  });

  test('it is asked about on the default branch, whatever that is called', async () => {
    rig.github.state.defaultBranch = 'trunk';
    expect((await check()).ref).toBe('trunk');
    rig.github.state.defaultBranch = 'main';
  });

  test('what was found counts for a minute, and no longer', async () => {
    const { workflow } = rig.rollback();
    const look = () => workflow.check({ from: BAD, to: GOOD }, GOING_ON);
    await look();
    const asked = rig.github.requests.length;
    await look();
    expect(rig.github.requests.length).toBe(asked);
    rig.pass(minutes(1));
    await look();
    expect(rig.github.requests.length).toBeGreaterThan(asked);
  });

  test('reviewers of the environment are a warning, not a problem', async () => {
    rig.github.state.reviewers.set('production', ['roger', 'sara']);

    expect(await check()).toMatchObject({
      problems: [],
      warnings: ['Its run will wait for the approval of roger and sara on GitHub, for production.'],
    });
  });

  test('a job under a condition is a warning, unless one is named', async () => {
    file((text) => `${text}  notify:\n    if: failure()\n    steps: []\n`);

    expect((await check()).warnings).toEqual([
      'rollback.yml has jobs under a condition ("notify"): where one is skipped the rollback counts as failed, unless workflow.job names the one that matters.',
    ]);
    expect((await check({ job: 'Execute Rollback' })).warnings).toEqual([]);
  });
});

describe('a workflow that cannot do it is told, and why', () => {
  const INPUTS = { target_commit: '{{commit}}', environment: '{{environment}}', reason: '{{incident}}' };

  test.each<[string, () => void, Partial<RollbackWorkflowOptions>, string]>([
    [
      'it is not there',
      () => rig.github.state.files.clear(),
      {},
      'there is no .github/workflows/rollback.yml on main, or our token may not see it',
    ],
    [
      'it is switched off',
      () => rig.github.state.addWorkflow('rollback.yml', ROLLBACK_YML, 'disabled_inactivity'),
      {},
      'rollback.yml is switched off on GitHub (disabled inactivity): gh workflow enable rollback.yml',
    ],
    [
      'it is no YAML',
      () => file(() => 'on: ['),
      {},
      'rollback.yml on main cannot be used: it is no YAML: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 6:',
    ],
    [
      'it is something else',
      () => file(() => '- a\n- b\n'),
      {},
      'rollback.yml on main cannot be used: it does not look like a workflow',
    ],
    [
      'it cannot be started on demand',
      () => file((text) => text.replace('workflow_dispatch:', 'workflow_call:')),
      {},
      'rollback.yml cannot be started on demand: on main it has no workflow_dispatch',
    ],
    [
      'an input is called otherwise',
      () => undefined,
      { inputs: { ...INPUTS, skip_test: 'true' } },
      'rollback.yml has no input "skip_test" (did you mean "skip_tests"?): it has target_commit, environment, reason, skip_tests',
    ],
    [
      'an input is left out',
      () => undefined,
      { inputs: { target_commit: '{{commit}}', environment: '{{environment}}' } },
      'rollback.yml requires the input "reason", and workflow.inputs does not give it',
    ],
    [
      'a choice does not have the value',
      () => undefined,
      { environment: 'prod' },
      'the input "environment" of rollback.yml must be one of development, production, and would be "prod" (did you mean "production"?)',
    ],
    [
      'a flag is no flag',
      () => file((text) => text.replace('skip_tests: { ', 'skip_tests: { type: boolean, ')),
      { inputs: { ...INPUTS, skip_tests: 'yes' } },
      'the input "skip_tests" of rollback.yml must be one of true, false, and would be "yes"',
    ],
    [
      'a number is no number',
      () => file((text) => text.replace('skip_tests: { ', 'skip_tests: { type: number, ')),
      { inputs: { ...INPUTS, skip_tests: 'few' } },
      'the input "skip_tests" of rollback.yml must be a number, and would be "few"',
    ],
    [
      'a placeholder is unknown',
      () => undefined,
      { inputs: { ...INPUTS, reason: '{{cause}}' } },
      'the input "reason" has {{cause}}, which nothing fills in',
    ],
    ...['"', '`id`', '$(id)', '${{ x }}', "'", '\\', 'a\nb', '|', ';', '&', '<'].map(
      (value): [string, () => void, Partial<RollbackWorkflowOptions>, string] => [
        `a value holds ${JSON.stringify(value)}`,
        () => undefined,
        { inputs: { ...INPUTS, reason: value } },
        value === 'a\nb'
          ? 'the input "reason" would hold a control character, which a workflow\'s shell could take for a command'
          : value === '${{ x }}'
            ? 'the input "reason" has {{x}}, which nothing fills in'
            : `the input "reason" would hold "${value[0]}", which a workflow's shell could take for a command`,
      ],
    ),
    [
      'a value is long',
      () => undefined,
      { inputs: { ...INPUTS, reason: `${'x'.repeat(190)} {{incident}}` } },
      'the input "reason" would be longer than 200 characters',
    ],
    [
      'a job is called otherwise in its runs',
      () => undefined,
      { job: 'execute-rollback' },
      'the job "execute-rollback" of rollback.yml is called "Execute Rollback" in its runs',
    ],
    [
      'a job is not there',
      () => undefined,
      { job: 'deploy' },
      'rollback.yml has no job "deploy": it has Execute Rollback',
    ],
    [
      'the token may not',
      () => {
        rig.github.scopes = 'read:org';
      },
      {},
      'our token may not start rollback.yml: it needs the permission actions: write',
    ],
    [
      'a file that the settings name is not in the target',
      () => undefined,
      { needs: ['dbt/profiles.yml'] },
      'rollback.yml needs dbt/profiles.yml, which aaaaaaa does not have (the settings name it)',
    ],
  ])('%s', async (_, change, options, problem) => {
    change();

    expect((await check(options)).problems).toEqual([problem]);
  });

  test('more inputs than GitHub takes', async () => {
    const names = Array.from({ length: 26 }, (_, index) => `i${index}`);
    file(() => `on: { workflow_dispatch: { inputs: { ${names.map((name) => `${name}: `).join(', ')} } } }\n`);
    const inputs = Object.fromEntries(names.map((name) => [name, 'x']));

    expect((await check({ inputs })).problems).toEqual([
      'rollback.yml would be given 26 inputs, and GitHub takes 25',
    ]);
  });

  test('the target is no whole commit', async () => {
    expect((await check({}, 'HEAD~3')).problems).toEqual([
      '"HEAD~3" is not a whole commit id',
      'the input "target_commit" would hold "~", which a workflow\'s shell could take for a command',
    ]);
  });

  test('all that is wrong is told at once', async () => {
    const inputs = { version: '{{commit}}', environment: 'prod' };

    expect((await check({ inputs })).problems).toHaveLength(4);
  });

  test('GitHub cannot be asked: that is no answer', async () => {
    rig.github.fail(/contents/, 'reset', 3);

    await expect(check()).rejects.toBeInstanceOf(OutsideError);
  });
});

describe('a workflow that could never succeed is known by its own text', () => {
  const script = (run: string) =>
    ROLLBACK_YML.replace('run: dbt build', `run: |\n${run.replaceAll(/^/gm, '          ')}`);

  const HASH =
    'cd dbt\nif [ ! -f dbt_packages_hash.txt ]; then\n  echo "not found"\n  exit 1\nfi\ncat dbt_packages_hash.txt > computed.txt';

  test('it ends without a file that no commit has', async () => {
    file(() => script(HASH).replace('        working-directory: dbt\n', ''));

    expect((await check()).problems).toEqual([
      'rollback.yml needs dbt/dbt_packages_hash.txt, which aaaaaaa does not have (its step "Build" ends without it)',
    ]);
    rig.github.state.files.set(`${GOOD}:dbt/dbt_packages_hash.txt`, 'x');
    expect((await check()).problems).toEqual([]);
  });

  test('it runs dbt with profiles that nobody writes', async () => {
    file(() => script('dbt deps --profiles-dir .\ndbt run --profiles-dir . --target prod'));
    expect((await check()).problems).toEqual([
      'rollback.yml needs dbt/profiles.yml, which aaaaaaa does not have (its step "Build" runs dbt with it)',
    ]);

    file(() => script('echo "$DBT_PROFILE" > profiles.yml\ndbt run --profiles-dir .'));
    expect((await check()).problems).toEqual([]);
  });

  test('without a checkout of the target it is the branch that must have the file', async () => {
    file(() => script('test -f go.sh').replace(/with: \{ ref.*\n/, '\n'));

    expect((await check()).problems).toEqual([
      'rollback.yml needs dbt/go.sh, which main does not have (its step "Build" ends without it)',
    ]);
  });

  test.each([
    ['test -f x.txt', true],
    ['[ -f x.txt ]', true],
    ['[[ -f "x.txt" ]] || exit 1', true],
    ['test -s x.txt || { echo no; exit 2; }', true],
    ["if ! test -f 'x.txt'; then exit 1; fi", true],
    ['if ! [ -f ./x.txt ]; then\n echo no\n exit 1\nfi', true],
    ['if [ -f x.txt ]; then echo yes; else exit 1; fi', true],
    ['[ ! -f x.txt ] && exit 1', true],
    ['[ -f "$GITHUB_WORKSPACE/dbt/x.txt" ]', true],
    ['cd ../dbt && test -f x.txt', true],
    ['pip install -r x.txt', true],
    ['# test -f x.txt', false],
    ['if [ -f x.txt ]; then pip install a; fi', false],
    ['if [ ! -f x.txt ]; then echo none; fi', false],
    ['if [ ! -f x.txt ]; then exit 0; fi', false],
    ['if [ ! -f x.txt ]; then\n if [ "$A" = b ]; then\n exit 1\n fi\nfi', false],
    ['[ -f x.txt ] || echo none', false],
    ['[ -f x.txt ] && cat x.txt', false],
    ['[ ! -f x.txt ]', false],
    ['touch x.txt\ntest -f x.txt', false],
    ['curl -o x.txt https://example.com\ntest -f x.txt', false],
    ['test -f "$DIR/x.txt"', false],
    ['cd "$DIR"\ntest -f x.txt', false],
    ['test -f /etc/x.txt', false],
    ['test -f ../../x.txt', false],
  ])('%j needs x.txt: %s', async (run, needs) => {
    file(() => script(run));
    const { problems } = await check();

    expect(problems.length > 0).toBe(needs);
    if (needs) expect(problems[0]).toContain('needs dbt/x.txt');
  });

  test('what runs only under a condition, or may fail, is not insisted on', async () => {
    const text = script('test -f x.txt');
    file(() =>
      text.replace('      - name: Build', "      - name: Build\n        if: inputs.skip_tests != 'true'"),
    );
    expect((await check()).problems).toEqual([]);
    file(() => text.replace('      - name: Build', '      - name: Build\n        continue-on-error: true'));
    expect((await check()).problems).toEqual([]);
    file(() =>
      text.replace('      - name: Build', '      - uses: actions/download-artifact@v4\n      - name: Build'),
    );
    expect((await check()).problems).toEqual([]);
    file(() => text.replace('      - name: Build', '      - name: Build\n        if: ${{ success() }}'));
    expect((await check()).problems).toHaveLength(1);
  });
});

describe('a workflow file is read as GitHub reads it', () => {
  test.each([
    ['on: workflow_dispatch\n'],
    ['on: [push, workflow_dispatch]\n'],
    ['on:\n  workflow_dispatch:\n'],
    ['%YAML 1.1\n---\non:\n  workflow_dispatch:\n'],
    ['"on": { push: , workflow_dispatch: { inputs: } }\n'],
  ])('%j can be started on demand, without inputs', async (text) => {
    file(() => text);

    expect((await check({ inputs: {} })).problems).toEqual([]);
  });

  test('aliases without end are no workflow', async () => {
    const bomb = Array.from(
      { length: 30 },
      (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`,
    );
    file(() => `a0: &a0 [x]\n${bomb.join('\n')}\non: workflow_dispatch\n`);

    expect((await check()).problems).toEqual([
      'rollback.yml on main cannot be used: it does not look like a workflow',
    ]);
  });
});
