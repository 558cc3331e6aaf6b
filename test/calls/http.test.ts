import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type HttpReply, type HttpRequest, jsonOf, retryAfter, send } from '../../src/calls/http.ts';
import { OutsideError } from '../../src/core/errors.ts';

const never = new AbortController().signal;
const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: (reply: ServerResponse, url: string) => void): Promise<string> {
  const server = createServer((request, reply) => answer(reply, request.url ?? ''));
  open.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api?token=hidden`;
}

/** The failure of a request that must fail. */
async function failureOf(url: string, changes: Partial<HttpRequest> = {}): Promise<OutsideError> {
  const request = { system: 'far', url, headers: { authorization: 'Bearer hidden' }, ...changes };
  const error: unknown = await send(request, never)
    .then((reply) => jsonOf(reply, 'far'))
    .catch((thrown: unknown) => thrown);
  if (!(error instanceof OutsideError)) throw new Error(`It did not fail: ${String(error)}`);
  expect(error.message).not.toContain('hidden');
  return error;
}

const answering = (status: number, type: string, body: string) => (reply: ServerResponse) => {
  reply.writeHead(status, { 'content-type': type }).end(body);
};

describe('a request', () => {
  test('brings JSON', async () => {
    const url = await serve(answering(200, 'application/json; charset=utf-8', '{"well":true}'));
    expect(jsonOf(await send({ system: 'far', url }, never), 'far')).toEqual({ well: true });
  });

  test('that is never answered, or by drips, is over in time', async () => {
    const silent = await serve(() => undefined);
    const dripping = await serve((reply) => {
      const timer = setInterval(() => reply.write(' '), 10);
      reply.on('close', () => clearInterval(timer));
    });
    for (const url of [silent, dripping]) {
      const error = await failureOf(url, { timeout: 100 });
      expect(error).toMatchObject({ reason: 'timeout', retry: { after: 1_000 } });
      expect(error.message).toMatch(/^127\.0\.0\.1:\d+ did not answer within /);
    }
  });

  test('that is cut off in the middle of its reply had none', async () => {
    const url = await serve((reply) => {
      reply.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      reply.write('{"a":', () => reply.destroy());
    });
    expect(await failureOf(url)).toMatchObject({ reason: 'unreachable' });
  });

  test('does not read without end', async () => {
    const url = await serve(answering(200, 'application/json', `"${'x'.repeat(5_000)}"`));
    expect(await failureOf(url, { mostBytes: 1_000 })).toMatchObject({
      reason: 'unexpected-reply',
      message: 'the reply is larger than 1000 bytes',
    });
  });

  test('follows no redirect', async () => {
    const asked: string[] = [];
    const url = await serve((reply, path) => {
      asked.push(path);
      reply.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await failureOf(url)).toMatchObject({ reason: 'unexpected-reply' });
    expect(asked).toEqual(['/api?token=hidden']);
  });

  test.each([
    [200, 'text/html', '<html>Log in</html>', 'it answered with text/html where JSON was expected'],
    [200, 'application/json', '{"a": [1, 2', /breaks off or is malformed \(11 characters\)/],
    [200, 'application/json', '', /breaks off or is malformed/],
    [502, 'text/html', '<html>Bad gateway</html>', 'it answered 502'],
  ])('answered with %i, %s, %j is refused in words', async (status, type, body, message) => {
    const error = await failureOf(await serve(answering(status, type, body)));
    expect(error.reason).toBe('unexpected-reply');
    if (typeof message === 'string') expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
    expect(error.retry).not.toBe('no');
  });

  test.each([
    [401, 'auth', 'no'],
    [403, 'auth', 'no'],
    [404, 'refused', 'no'],
    [408, 'unexpected-reply', { after: 1_000 }],
    [429, 'rate-limited', { after: 1_000 }],
    [500, 'unexpected-reply', { after: 1_000 }],
    [503, 'unexpected-reply', { after: 1_000 }],
  ])(
    'answered with %i fails by %s, with the words of the reply made harmless',
    async (status, reason, retry) => {
      const error = await failureOf(
        await serve(answering(status, 'text/plain', `no\u001b[31m${'!'.repeat(400)}`)),
      );
      expect(error).toMatchObject({ reason, retry });
      expect(error.message).toMatch(
        new RegExp(`^it answered ${status}: no \\[31m!+ … \\(cut, \\d+ more characters\\)$`),
      );
    },
  );

  test('that is asked to wait says how long', async () => {
    const url = await serve((reply) => reply.writeHead(429, { 'retry-after': '7' }).end());
    expect((await failureOf(url)).retry).toEqual({ after: 7_000 });
  });

  test('that its caller gives up ends at once, with the reason', async () => {
    const stop = new AbortController();
    const url = await serve(() => undefined);
    const sending = send({ system: 'far', url }, stop.signal).catch((error: unknown) => error);
    setTimeout(() => stop.abort(new Error('stopped')), 20);
    expect(await sending).toBe(stop.signal.reason);
  });
});

describe('a request that reaches nobody', () => {
  test.each([
    ['http://127.0.0.1:29/?token=hidden', /^127\.0\.0\.1:29: nothing listens there$/],
    [
      'http://nowhere.invalid/?token=hidden',
      /^nowhere\.invalid: (there is no such host|its name cannot be resolved now)$/,
    ],
  ])('%s', async (url, message) => {
    const error = await failureOf(url);
    expect(error.reason).toBe('unreachable');
    expect(error.message).toMatch(message);
  });

  test('names no password of its address', async () => {
    const url = (await serve((reply) => reply.destroy())).replace('//', '//user:hidden@');
    expect((await failureOf(url)).reason).toBe('unreachable');
  });
});

describe('Retry-After', () => {
  const restOf = (said?: string) => {
    const headers = new Headers(said === undefined ? {} : { 'retry-after': said });
    return retryAfter(({ headers } satisfies Pick<HttpReply, 'headers'>).headers);
  };

  test('is seconds', () => expect(restOf('120')).toBe(120_000));
  test('is a date', () => {
    const wait = restOf(new Date(Date.now() + 60_000).toUTCString());
    expect(wait).toBeGreaterThan(57_000);
    expect(wait).toBeLessThanOrEqual(60_000);
  });
  test('that is past is no rest', () => expect(restOf('Mon, 01 Jan 2024 00:00:00 GMT')).toBe(0));
  test('that is neither is none', () => {
    expect(restOf('soon')).toBeUndefined();
    expect(restOf()).toBeUndefined();
  });
});
