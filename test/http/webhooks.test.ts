import { createHmac, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { type FakeServer, startFakeServer } from '../fakes/http-server.ts';

const OLD = 'the-old-secret';
const NEW = 'the-new-secret';
const commit = '2'.repeat(40);

const withSecrets = async () => startFakeServer({ githubSecrets: () => [new Secret(OLD), new Secret(NEW)] });

interface Delivery {
  readonly event?: string;
  readonly payload?: object;
  readonly secret?: string | null;
  readonly id?: string;
  /** What is sent instead of what was signed. */
  readonly tampered?: string;
}

async function deliver(
  fake: FakeServer,
  {
    event = 'push',
    payload = { ref: 'refs/heads/main' },
    secret = NEW,
    id = randomUUID(),
    tampered,
  }: Delivery,
) {
  // GitHub's own spacing and escapes must not matter: what is signed is bytes.
  const signed = `${JSON.stringify(payload, null, 1)}\n`;
  const signature: Record<string, string> =
    secret === null
      ? {}
      : { 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(signed).digest('hex')}` };
  const headers = {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': id,
    ...signature,
  };
  return fake.ask('POST', '/api/v1/webhooks/github', { body: tampered ?? signed, headers });
}

function status(state: string, more: object = {}): object {
  return {
    action: 'created',
    deployment_status: {
      state,
      created_at: '2026-05-04T02:30:00Z',
      log_url: '',
      target_url: 'https://ci.example.com/7',
      ...more,
    },
    deployment: { sha: commit, environment: 'Production', ref: 'main' },
  };
}

describe('a delivery of GitHub', () => {
  it('of a push wakes, signed with either secret', async () => {
    await using fake = await withSecrets();
    expect((await deliver(fake, {})).status).toBe(202);
    expect((await deliver(fake, { secret: OLD })).status).toBe(202);
    expect(fake.control.calls).toEqual([
      { command: 'wake', given: [null] },
      { command: 'wake', given: [null] },
    ]);
  });

  it.each([
    ['in_progress', 'started'],
    ['success', 'succeeded'],
    ['failure', 'failed'],
    ['error', 'failed'],
  ])('that says %s announces %s', async (state, said) => {
    await using fake = await withSecrets();
    expect((await deliver(fake, { event: 'deployment_status', payload: status(state) })).status).toBe(202);
    expect(fake.control.calls).toEqual([
      {
        command: 'announce',
        given: [
          { name: 'github', person: null, scopes: ['deploy'] },
          {
            environment: 'production',
            commit,
            state: said,
            at: Date.UTC(2026, 4, 4, 2, 30),
            ref: 'main',
            runUrl: 'https://ci.example.com/7',
          },
        ],
      },
    ]);
  });

  it('of a rollback is about where it went, and ignored where that is not said', async () => {
    await using fake = await withSecrets();
    const to = '1'.repeat(40);
    const about = (deployment: object, path = '.github/workflows/deploy.yml') => ({
      ...status('success'),
      deployment: { sha: commit, environment: 'Production', ref: 'main', ...deployment },
      workflow: { path },
    });
    await deliver(fake, {
      event: 'deployment_status',
      payload: about({ task: 'rollback', payload: { to } }),
    });
    expect(fake.control.calls.map(({ given }) => given[1])).toMatchObject([
      { commit: to, state: 'succeeded' },
    ]);
    for (const payload of [
      about({ task: 'rollback', payload: {} }),
      about({ task: 'rollback', payload: { to: 'v1.2.3' } }),
      about({ task: 'deploy' }, '.github/workflows/rollback.yml'),
    ]) {
      const reply = await deliver(fake, { event: 'deployment_status', payload });
      expect(reply.body.ignored).toBe('it is a rollback that does not say where it went');
    }
    expect(fake.control.calls).toHaveLength(1);
  });

  it('that means nothing to us is taken and left alone', async () => {
    await using fake = await withSecrets();
    const elsewhere = { ...status('success'), deployment: { sha: commit, environment: 'Staging' } };
    for (const [event, payload] of [
      ['ping', {}],
      ['deployment_status', status('queued')],
      ['deployment_status', elsewhere],
      ['issues', {}],
    ] as const) {
      const reply = await deliver(fake, { event, payload });
      expect([reply.status, typeof reply.body.ignored]).toEqual([202, 'string']);
    }
    expect(fake.control.calls).toEqual([]);
  });

  it('that comes again is answered as a duplicate and changes nothing', async () => {
    await using fake = await withSecrets();
    const delivery = { event: 'deployment_status', payload: status('success'), id: randomUUID() };
    await deliver(fake, delivery);
    const again = await deliver(fake, delivery);
    expect([again.status, again.body.duplicate]).toEqual([200, true]);
    expect(fake.control.calls).toHaveLength(1);
    expect(
      fake.counted.filter(({ name }) => name.includes('webhook')).map(({ labels }) => labels.result),
    ).toEqual(['accepted', 'duplicate']);
  });

  it('that broke the first time is followed when it is sent again', async () => {
    await using fake = await withSecrets();
    const delivery = { event: 'deployment_status', payload: status('success'), id: randomUUID() };
    fake.control.refuseNext(new Refusal('conflict', 'later', 'Later.'));
    expect((await deliver(fake, delivery)).status).toBe(409);
    expect((await deliver(fake, delivery)).status).toBe(202);
  });

  it('without a signature, with a wrong one, or changed on its way is refused without a word why', async () => {
    await using fake = await withSecrets();
    const wrong = [
      await deliver(fake, { secret: null }),
      await deliver(fake, { secret: 'guess' }),
      await deliver(fake, { secret: '' }),
      await deliver(fake, { tampered: '{"ref":"refs/heads/main"}' }),
    ];
    expect(wrong.map((reply) => reply.status)).toEqual([401, 401, 401, 401]);
    expect(new Set(wrong.map((reply) => reply.text)).size).toBe(1);
    expect(fake.control.calls).toEqual([]);
    const sha1 = {
      'x-hub-signature': 'sha1=00',
      'x-github-event': 'push',
      'content-type': 'application/json',
    };
    expect((await fake.ask('POST', '/api/v1/webhooks/github', { body: '{}', headers: sha1 })).status).toBe(
      401,
    );
  });

  it('is refused while no secret is configured, even signed with nothing', async () => {
    await using fake = await startFakeServer();
    expect((await deliver(fake, { secret: '' })).status).toBe(404);
    await using empty = await startFakeServer({ githubSecrets: () => [new Secret('')] });
    expect((await deliver(empty, { secret: '' })).status).toBe(401);
  });

  it('counts the secret that is in the file now', async () => {
    let secret = OLD;
    await using fake = await startFakeServer({ githubSecrets: () => [new Secret(() => secret)] });
    expect((await deliver(fake, { secret: NEW })).status).toBe(401);
    secret = NEW;
    expect((await deliver(fake, { secret: NEW })).status).toBe(202);
  });

  it('larger than 25 MB is refused', async () => {
    await using fake = await withSecrets();
    const reply = await deliver(fake, { tampered: ' '.repeat(25 * 1024 * 1024 + 1) });
    expect(reply.status).toBe(413);
    expect(
      fake.counted.at(-1)?.labels.result ?? fake.counted.map(({ labels }) => labels.result),
    ).toBeDefined();
    expect(fake.counted.some(({ labels }) => labels.result === 'too_large')).toBe(true);
  });

  it('without an id, or that does not look like what it says, is refused', async () => {
    await using fake = await withSecrets();
    expect((await deliver(fake, { id: '' })).status).toBe(400);
    expect((await deliver(fake, { event: 'deployment_status', payload: { a: 1 } })).status).toBe(400);
    expect(fake.control.calls).toEqual([]);
  });
});
