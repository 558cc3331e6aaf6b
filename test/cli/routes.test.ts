import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CliIo } from '../../src/cli/io.ts';
import { Refusal } from '../../src/core/errors.ts';
import type { Scope } from '../../src/ports/store.ts';
import { FAKE_NOW } from '../fakes/control-facts.ts';
import { type FakeServer, startFakeServer } from '../fakes/http-server.ts';
import { type Terminal, terminal } from './terminal.ts';

/** Every command against the real routes, over queries and commands that only remember what they were asked. */
let server: FakeServer;

beforeAll(async () => {
  server = await startFakeServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const COMMIT = 'c'.repeat(40);

function as(scope: Scope | 'revoked', over: Partial<CliIo> = {}): Terminal {
  return terminal({
    env: { ROLLBACKD_URL: server.url, ROLLBACKD_TOKEN: server.tokens[scope] },
    fetch: (url, init) => fetch(url, init),
    now: () => FAKE_NOW,
    readFile: async () => new TextEncoder().encode('{"results": []}'),
    ...over,
  });
}

/** What the daemon was told to do, without who said so. */
function lastCall(): unknown {
  const call = server.control.calls.at(-1);
  return [call?.command, ...(call?.given.slice(1) ?? [])];
}

describe('what only looks', () => {
  it.each([
    [['status'], 1, 'production-2 has baked for 1 h of 2 h.'],
    [['deployments'], 0, 'production runs 2222222, unverified; last good before it 1111111.'],
    [['deployments', '--environment', 'production'], 0, 'Widen <amount>'],
    [['signals'], 0, 'unique_orders'],
    [['signals', '--environment', 'production'], 0, 'critical-data-quality (critical, data-quality)'],
    [['incidents'], 0, '1 open, 0 closed in 30 days.'],
    [['explain', 'INC-3'], 0, 'INC-3 '],
    [['explain', 'inc-3'], 0, 'Next: '],
    [['explain', 'production'], 0, '1 decision in production opened no incident.'],
    [['events', 'INC-3'], 0, 'Next: rollbackd explain INC-3'],
    [['plan', '--environment', 'production'], 0, 'Roll production back from 2222222 to 1111111'],
    [['plan', 'INC-3'], 0, 'This is the plan of INC-3.'],
    [['report', 'INC-3'], 0, '# INC-3'],
  ] as const)('rollbackd %j', async (argv, code, text) => {
    const { run, stdout, stderr } = as('approve');
    expect([await run(...argv), stderr()]).toEqual([code, '']);
    expect(stdout()).toContain(text);
    expect(stdout().endsWith('\n')).toBe(true);
  });

  it.each([
    ['status', 'environments'],
    ['signals', 'sources'],
    ['deployments', 'deployments'],
    ['incidents', 'incidents'],
    ['explain INC-3', 'pending_actions'],
    ['explain production', 'decisions'],
    ['events INC-3', 'events'],
    ['plan --environment production', 'plan'],
    ['plan INC-3', 'made_at'],
    ['report INC-3', 'markdown'],
  ])('gives programs the JSON of the API: %s', async (line, member) => {
    const { run, stdout } = as('approve');
    await run(...line.split(' '), '--output', 'json');
    expect(JSON.parse(stdout())).toHaveProperty(member);
  });

  it('gives whole commits and moments to programs', async () => {
    const { run, stdout } = as('read');
    await run('deployments', '--output', 'json');
    const { deployments } = JSON.parse(stdout()) as {
      deployments: { commit: string; deployed_at: string }[];
    };
    expect(deployments[0]).toMatchObject({ commit: '2'.repeat(40), deployed_at: '2026-05-04T01:41:00.000Z' });
  });
});

describe('what a person does', () => {
  it.each([
    [['approve', 'INC-3'], 'approve', ['INC-3', '']],
    [['approve', '3', '--reason', 'yes'], 'approve', ['INC-3', 'yes']],
    [['reject', 'INC-3', '--reason', 'bad file'], 'approve', ['INC-3', 'bad file']],
    [['ack', 'INC-3'], 'operate', ['INC-3']],
    [['abort', 'INC-3', '--reason', 'no'], 'operate', ['INC-3', 'no']],
    [
      ['resolve', 'INC-3', '--as', 'fixed_forward', '--reason', 'fixed', '--resume'],
      'operate',
      ['INC-3', 'fixed_forward', 'fixed', true],
    ],
    [['comment', 'INC-3', 'looking'], 'operate', ['INC-3', 'looking']],
    [['allow', COMMIT, '--incident', 'INC-3'], 'operate', [COMMIT, 'INC-3']],
    [['unfreeze', 'freeze-1'], 'operate', ['freeze-1']],
    [['unfreeze', 'production'], 'operate', ['freeze-1']],
    [['arm', 'production', '--reason', 'ready'], 'admin', ['production', 'ready']],
    [['disarm', 'production'], 'operate', ['production', 'disarmed from the command line']],
    [['reload'], 'admin', []],
    [
      ['freeze', 'production', '--for', '2h', '--reason', 'month end'],
      'operate',
      [{ environment: 'production', from: FAKE_NOW, until: FAKE_NOW + 7_200_000, reason: 'month end' }],
    ],
    [
      ['freeze', 'production', '--reason', 'until I say'],
      'operate',
      [{ environment: 'production', from: FAKE_NOW, until: null, reason: 'until I say' }],
    ],
    [
      [
        'rollback',
        '--environment',
        'production',
        '--to',
        '1111111',
        '--reason',
        'wrong',
        '--unproven',
        '--override',
        'now',
      ],
      'approve',
      [{ environment: 'production', to: '1111111', reason: 'wrong', unproven: true, override: 'now' }],
    ],
    [
      ['deployments', 'mark', '2222222', 'good', '--reason', 'looked'],
      'operate',
      [{ environment: 'production', deployment: 'production-2', verdict: 'good', reason: 'looked' }],
    ],
  ] as const)('rollbackd %j', async (argv, scope, given) => {
    const { run, stdout, stderr } = as(scope);
    expect([await run(...argv), stderr()]).toEqual([0, '']);
    expect((lastCall() as unknown[]).slice(1)).toEqual(given);
    expect(stdout()).toMatch(/\n\nNext: .+\n$/);
  });

  it('pushes the artifacts of a dbt run', async () => {
    const { run, stdout } = as('deploy');
    expect(
      await run(
        'push',
        '-e',
        'production',
        '--run-results',
        'target/run_results.json',
        '--manifest',
        'm.json',
      ),
    ).toBe(0);
    expect(stdout()).toContain('● Invocation inv-1 brought 3 signals.');
    const [, pushed] = lastCall() as [string, { environment: string; runResults: Buffer; sources: null }];
    expect(pushed.runResults.toString()).toBe('{"results": []}');
    expect(pushed.sources).toBeNull();
  });

  it('asks for a rollback once, though the daemon was busy the first time', async () => {
    let tries = 0;
    const { run } = as('approve', {
      fetch: async (url, init) => {
        tries += 1;
        return tries === 1
          ? new Response('{}', { status: 503, headers: { 'retry-after': '1' } })
          : fetch(url, init);
      },
    });
    const before = server.control.calls.length;
    expect(await run('rollback', '-e', 'production', '--reason', 'wrong')).toBe(0);
    expect([tries, server.control.calls.length - before]).toEqual([2, 1]);
  });
});

describe('what goes wrong', () => {
  it('says what a refusal says, and what to do about it', async () => {
    server.control.refuseNext(
      new Refusal(
        'conflict',
        'already-decided',
        'INC-3 was rejected by ann.',
        'Look: rollbackd explain INC-3',
      ),
    );
    const { run, stderr, stdout } = as('approve');
    expect(await run('approve', 'INC-3')).toBe(1);
    expect(stderr()).toBe('error: INC-3 was rejected by ann.\n  Look: rollbackd explain INC-3\n');
    expect(stdout()).toBe('');
  });

  it.each([
    [['explain', 'INC-99'], 'There is no incident INC-99.'],
    [['plan', '--environment', 'nowhere'], 'There is no environment nowhere.'],
    [['deployments', 'mark', 'abcdef0', 'good', '--reason', 'x'], 'No deployment of "abcdef0" is known.'],
    [['unfreeze', 'freeze-9'], 'There is no freeze freeze-9.'],
  ])('rollbackd %j names what is not there', async (argv, text) => {
    const { run, stderr } = as('approve');
    const { run: operate, stderr: operated } = as('operate');
    const isOperation = argv[0] === 'unfreeze' || argv[0] === 'deployments';
    expect(await (isOperation ? operate : run)(...argv)).toBe(1);
    expect(isOperation ? operated() : stderr()).toContain(`error: ${text}`);
  });

  it('names the scope that a token lacks', async () => {
    const { run, stderr } = as('read');
    expect(await run('disarm', 'production')).toBe(1);
    expect(stderr()).toContain('lacks the scope operate');
    expect(stderr()).toContain('rollbackd token create --name NAME --scope operate');
  });

  it('says that a token is not known, without showing it', async () => {
    const { run, stderr } = as('revoked');
    expect(await run('status')).toBe(1);
    expect(stderr()).toContain('does not know this token, or it was revoked');
    expect(stderr()).not.toContain(server.tokens.revoked);
  });

  it('says where a token comes from where there is none', async () => {
    const { run, stderr } = as('read', {
      env: { ROLLBACKD_URL: server.url },
      readFile: () => Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' })),
    });
    expect(await run('status')).toBe(1);
    expect(stderr()).toMatch(/ROLLBACKD_TOKEN is not set, and .*cli\.token is not there/);
    expect(stderr()).toContain('rollbackd token create --name NAME --scope operate');
    expect(stderr()).toContain('-c rollbackd.yaml');
  });

  it('says that something else answers there', async () => {
    const { run, stderr } = as('read', { fetch: async () => new Response('<html>', { status: 404 }) });
    expect(await run('status')).toBe(1);
    expect(stderr()).toContain('that is not rollbackd');
  });

  it('shows every mistake of a configuration that was not taken', async () => {
    const problems = ['rollbackd.yaml:3: unknown key "sever"', 'rules/x.yaml:9: "10 min" is not a duration'];
    const body = JSON.stringify({ detail: 'The configuration has mistakes; the old one stays.', problems });
    const headers = { 'content-type': 'application/problem+json' };
    const { run, stderr } = as('admin', { fetch: async () => new Response(body, { status: 422, headers }) });
    expect(await run('reload')).toBe(1);
    expect(stderr()).toBe(
      `error: The configuration has mistakes; the old one stays.\n  ${problems.join('\n  ')}\n`,
    );
  });
});
