import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Etags } from '../../../src/adapters/github/etags.ts';
import { OutsideError } from '../../../src/core/errors.ts';
import { Secret } from '../../../src/core/secret.ts';
import { type FakeGitHub, type Fault, startFakeGitHub } from '../../fakes/github/index.ts';
import { clientOf, GOING_ON } from './client.ts';

let github: FakeGitHub;

beforeEach(async () => {
  github = await startFakeGitHub();
  github.state.addWorkflow('deploy.yml');
});

afterEach(async () => {
  await github[Symbol.asyncDispose]();
  expect(github.problems).toEqual([]);
});

async function failureOf(call: Promise<unknown>): Promise<OutsideError> {
  const error: unknown = await call.then(
    () => 'it worked',
    (thrown: unknown) => thrown,
  );
  if (error instanceof OutsideError) return error;
  throw new Error(`No OutsideError: ${inspect(error)}`);
}

describe('polls', () => {
  test('what did not change is not sent again, and costs no call', async () => {
    github.state.addRun();
    const client = clientOf(github);

    const first = await client.workflowRuns('deploy.yml', {}, GOING_ON);
    const again = await client.workflowRuns('deploy.yml', {}, GOING_ON);
    github.state.addRun();
    const changed = await client.workflowRuns('deploy.yml', {}, GOING_ON);

    expect(again).toEqual(first);
    expect(changed).toHaveLength(2);
    expect(github.requests.map(({ status }) => status)).toEqual([200, 304, 200]);
    expect(github.rate.remaining).toBe(4_998);
  });
});

test('what is kept of polls is bounded, and what is used stays', () => {
  const etags = new Etags();
  const keep = (url: string, bytes: number) =>
    etags.keep(url, { etag: url, headers: new Headers(), body: new Uint8Array(bytes) });
  keep('used', 10);
  for (let count = 0; count < 1_000; count += 1) {
    keep(`other-${count}`, 10);
    etags.get('used');
  }
  for (let count = 0; count < 20; count += 1) keep(`large-${count}`, 1_900_000);
  keep('huge', 5_000_000);

  const large = Array.from({ length: 20 }, (_, count) => etags.get(`large-${count}`)).filter(
    (each) => each !== undefined,
  );
  expect(etags.get('other-0')).toBeUndefined();
  expect(large.length).toBeLessThanOrEqual(8);
  expect(large.length).toBeGreaterThan(5);
  expect(etags.get('huge')).toBeUndefined();
});

describe('rate limits', () => {
  test('a limit that is used up for an hour fails at once, and is not asked against again', async () => {
    github.rate = { limit: 5_000, remaining: 0, resetAt: Date.now() + 3_600_000 };
    const client = clientOf(github);
    const started = performance.now();

    const first = await failureOf(client.defaultBranch(GOING_ON));
    const second = await failureOf(
      client.dispatch({ workflow: 'deploy.yml', ref: 'main', inputs: {} }, GOING_ON),
    );

    expect(performance.now() - started).toBeLessThan(20_000);
    expect([first.reason, second.reason]).toEqual(['rate-limited', 'rate-limited']);
    expect(second.retry).not.toBe('no');
    expect(second.retry === 'no' ? 0 : second.retry.after).toBeGreaterThan(3_590_000);
    expect(github.requests).toHaveLength(1);
  });

  test('a second limit says how long to rest, and nothing is asked before', async () => {
    github.fail(/./, {
      status: 403,
      body: { message: 'You have exceeded a secondary rate limit.' },
      headers: { 'retry-after': '90' },
    });
    let now = Date.now();
    const client = clientOf(github, { now: () => now });

    expect((await failureOf(client.defaultBranch(GOING_ON))).retry).toEqual({ after: 90_000 });
    now += 80_000;
    expect((await failureOf(client.defaultBranch(GOING_ON))).retry).toEqual({ after: 10_000 });
    now += 11_000;
    expect(await client.defaultBranch(GOING_ON)).toBe('main');
    expect(github.requests).toHaveLength(2);
  });

  test('a second limit without a number is a minute', async () => {
    github.fail(/./, { status: 429, body: { message: 'slow down' } });

    expect((await failureOf(clientOf(github).defaultBranch(GOING_ON))).retry).toEqual({ after: 60_000 });
  });

  test('a short rest is taken', async () => {
    github.fail(/./, { status: 429, body: { message: 'slow down' }, headers: { 'retry-after': '0' } });

    expect(await clientOf(github).defaultBranch(GOING_ON)).toBe('main');
  });

  test('polls leave the last calls to what is urgent', async () => {
    github.rate = { limit: 5_000, remaining: 51, resetAt: Date.now() + 600_000 };
    const client = clientOf(github, { spare: 50 });

    expect(await client.defaultBranch(GOING_ON)).toBe('main');
    expect(client.rate()).toMatchObject({ remaining: 50, limit: 5_000 });
    expect((await failureOf(client.defaultBranch(GOING_ON))).message).toContain('50 of 5000 calls are left');
    const { is } = await client.dispatch({ workflow: 'deploy.yml', ref: 'main', inputs: {} }, GOING_ON);
    expect(is).toBe('accepted');
  });
});

describe('what GitHub should not say', () => {
  const faults: readonly (readonly [Fault, OutsideError['reason'], RegExp])[] = [
    ['html', 'unexpected-reply', /text\/html where JSON was expected/],
    ['truncated', 'unexpected-reply', /breaks off/],
    ['reset', 'unreachable', /connection/],
    ['silence', 'timeout', /did not answer within/],
    ['drip', 'timeout', /did not answer within/],
    [{ status: 500, body: { message: 'oops' } }, 'unexpected-reply', /500: oops/],
    [
      { status: 503, body: '<html>unicorn</html>', headers: { 'content-type': 'text/html' } },
      'unexpected-reply',
      /503: a page/,
    ],
    [{ status: 200, body: { message: 'error inside' } }, 'unexpected-reply', /not what it describes/],
    [{ status: 200, body: [] }, 'unexpected-reply', /not what it describes/],
  ];
  for (const [fault, reason, words] of faults) {
    test(`${inspect(fault, { depth: 0 })}: told in words`, async () => {
      github.fail(/./, fault);
      const timeout = reason === 'timeout' ? 150 : 10_000;

      const error = await failureOf(
        clientOf(github, { timeout, tries: 1 }).workflowRuns('deploy.yml', {}, GOING_ON),
      );

      expect(error.reason).toBe(reason);
      expect(error.message).toMatch(words);
    });
  }

  test('what stays wrong is tried three times, no more', async () => {
    github.fail(/./, 'reset', 9);

    await failureOf(clientOf(github).defaultBranch(GOING_ON));

    expect(github.requests).toHaveLength(3);
  });

  test('a hiccup is got over', async () => {
    github.fail(/./, 'reset');

    expect(await clientOf(github).defaultBranch(GOING_ON)).toBe('main');
  });

  test('a host that does not exist is told with its name', async () => {
    const name = { ...github.name, api: 'http://github.invalid' };
    const error = await failureOf(clientOf(github, { name, tries: 1 }).defaultBranch(GOING_ON));

    expect(error.reason).toBe('unreachable');
    expect(error.message).toContain('github.invalid');
  });

  test('a repository that sends round in circles is given up', async () => {
    github.fail(/./, { status: 302, headers: { location: '/repos/o/r' } }, 9);

    expect((await failureOf(clientOf(github).defaultBranch(GOING_ON))).message).toContain(
      'from place to place',
    );
  });

  test('a repository that has another name now is followed, but never by a dispatch', async () => {
    const moved = { status: 307, headers: { location: `${github.name.api}/repos/o/renamed` } };
    github.fail(/repos\/o\/r$/, { ...moved, status: 301 });
    github.fail(/dispatches$/, moved);
    const client = clientOf(github);

    expect(await client.defaultBranch(GOING_ON)).toBe('main');
    const error = await failureOf(
      client.dispatch({ workflow: 'deploy.yml', ref: 'main', inputs: {} }, GOING_ON),
    );
    expect(error.reason).toBe('refused');
    expect(github.state.dispatches).toEqual([]);
  });

  test('an endless file is cut off', async () => {
    const run = github.state.addRun();
    const id = github.state.addArtifact(run, 'dbt', Buffer.alloc(200_000));

    const wanted = { names: new Set(['x']), mostBytes: 100_000 };
    expect((await failureOf(clientOf(github).artifact(id, wanted, GOING_ON))).message).toContain(
      'larger than',
    );
  });
});

describe('secrets', () => {
  const token = `ghs_4711_${'eyJhbGciOiJSUzI1NiJ9abc'.repeat(30)}`;

  test('a token is in no error, however GitHub fails, and however long it is', async () => {
    const echo = createServer((request, response) => {
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: `Bad: ${request.headers.authorization} and password=hunter2` }));
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const api = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
    const credentials = { is: 'token', token: new Secret(token) } as const;

    const error = await failureOf(
      clientOf(github, { name: { ...github.name, api }, credentials }).defaultBranch(GOING_ON),
    );
    echo.close();

    const shown = `${inspect(error, { depth: 20 })}${error.stack}`;
    expect(error.reason).toBe('auth');
    expect(shown).not.toContain('ghs_4711');
    expect(shown).not.toContain('eyJhbGci');
    expect(shown).not.toContain('hunter2');
  });

  test('a token that is wrong is told without it', async () => {
    const credentials = { is: 'token', token: new Secret(token) } as const;
    const error = await failureOf(clientOf(github, { credentials }).defaultBranch(GOING_ON));

    expect(error.message).toBe('GitHub answered 401: Bad credentials');
    expect(error.retry).toBe('no');
  });
});
