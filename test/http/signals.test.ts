import { createHmac, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { seconds } from '../../src/core/time.ts';
import { FAKE_NOW } from '../fakes/control-facts.ts';
import { type FakeServer, startFakeServer } from '../fakes/http-server.ts';

const KEY = Buffer.alloc(32, 7);
const SECRET = `whsec_${KEY.toString('base64')}`;
const signal = {
  environment: 'production',
  source: 'probe',
  kind: 'http.probe',
  subject: 'GET /orders',
  at: '2026-05-04T02:40:00Z',
  attributes: { status: 503, ok: false, tags: ['edge'] },
};

const signedServer = async () =>
  startFakeServer({ signalSecrets: () => [new Secret('whsec_b2xk'), new Secret(SECRET)] });

interface Sending {
  readonly id?: string;
  readonly at?: number;
  readonly key?: Buffer;
  readonly body?: string;
  readonly tampered?: string;
}

async function send(
  fake: FakeServer,
  { id = randomUUID(), at = FAKE_NOW, key = KEY, body = JSON.stringify(signal), tampered }: Sending,
) {
  const timestamp = String(Math.floor(at / 1_000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,AAAA v1a,xxxx v1,${signature}`,
  };
  return fake.ask('POST', '/api/v1/signals', { body: tampered ?? body, headers });
}

describe('signals that are pushed', () => {
  it('come one or many, by token, with an id made of what they say', async () => {
    await using fake = await startFakeServer();
    const one = await fake.ask('POST', '/api/v1/signals', { as: 'deploy', json: signal });
    const many = await fake.ask('POST', '/api/v1/signals', {
      as: 'deploy',
      json: [signal, { ...signal, id: 'a', subject: 'b' }],
    });
    expect([one.status, one.body.stored, many.body.stored]).toEqual([202, 1, 2]);
    const [first, second] = fake.control.calls.map(({ given }) => given[1] as { id: string }[]);
    expect(first?.[0]).toMatchObject({
      at: Date.UTC(2026, 4, 4, 2, 40),
      began: Date.UTC(2026, 4, 4, 2, 40),
      invocation: null,
      attributes: signal.attributes,
    });
    expect(second?.[0]?.id).toBe(first?.[0]?.id);
    expect(second?.[1]?.id).toBe('pushed:probe:a');
  });

  it.each([
    ['a name with a blank', { ...signal, environment: 'pro duction' }],
    ['no time', { ...signal, at: 'yesterday' }],
    ['an attribute that is an object', { ...signal, attributes: { a: {} } }],
    [
      'too many attributes',
      { ...signal, attributes: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`a${n}`, 1])) },
    ],
    ['a field that we do not know', { ...signal, startedBy: 'INC-1/1/1' }],
    ['nothing at all', []],
  ])('with %s are refused', async (_what, json) => {
    await using fake = await startFakeServer();
    const reply = await fake.ask('POST', '/api/v1/signals', { as: 'deploy', json });
    expect(reply.status).toBe(400);
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(fake.control.calls).toEqual([]);
  });

  it('larger than a megabyte, or no UTF-8, are refused', async () => {
    await using fake = await startFakeServer();
    const post = async (body: string | Uint8Array<ArrayBuffer>) =>
      (
        await fake.ask('POST', '/api/v1/signals', {
          as: 'deploy',
          body,
          headers: { 'content-type': 'application/json' },
        })
      ).status;
    expect(await post(' '.repeat(1024 * 1024 + 1))).toBe(413);
    expect(await post(new Uint8Array([0x22, 0xff, 0x22]))).toBe(400);
  });

  it('come signed, and a second delivery is a duplicate', async () => {
    await using fake = await signedServer();
    const id = randomUUID();
    const first = await send(fake, { id });
    expect([first.status, first.body.duplicate]).toEqual([202, false]);
    const again = await send(fake, { id });
    expect([again.status, again.body.duplicate]).toEqual([200, true]);
    expect(fake.control.calls[0]?.given[0]).toMatchObject({ name: 'signed-webhook', scopes: ['deploy'] });
  });

  it('signed wrongly, changed on their way, or too old are refused without a word why', async () => {
    await using fake = await signedServer();
    const replies = [
      await send(fake, { key: Buffer.alloc(32, 8) }),
      await send(fake, { tampered: JSON.stringify({ ...signal, subject: 'other' }) }),
      await send(fake, { at: FAKE_NOW - seconds(301) }),
      await send(fake, { at: FAKE_NOW + seconds(301) }),
      await fake.ask('POST', '/api/v1/signals', { json: signal }),
    ];
    expect(replies.map((reply) => reply.status)).toEqual([401, 401, 401, 401, 401]);
    expect(new Set(replies.map((reply) => reply.text)).size).toBe(1);
    const results = fake.counted
      .filter(({ name }) => name.includes('webhook'))
      .map(({ labels }) => labels.result);
    expect(results).toEqual([
      'invalid_signature',
      'invalid_signature',
      'stale',
      'stale',
      'invalid_signature',
    ]);
    expect(fake.control.calls).toEqual([]);
  });

  it('cannot be signed while no secret is configured', async () => {
    await using fake = await startFakeServer();
    expect((await send(fake, { key: Buffer.alloc(0) })).status).toBe(401);
  });
});
