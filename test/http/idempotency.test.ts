import { describe, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { minutes } from '../../src/core/time.ts';
import { type FakeServer, startFakeServer } from '../fakes/http-server.ts';

const order = { environment: 'production', reason: 'wrong totals' };

async function rollBack(
  fake: FakeServer,
  key?: string,
  json: object = order,
  as: 'operate' | 'approve' = 'operate',
) {
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
  return fake.ask('POST', '/api/v1/rollbacks', { as, json, headers });
}

describe('an order to roll back', () => {
  it('needs a key, a dry run does not', async () => {
    await using fake = await startFakeServer();
    const reply = await rollBack(fake);
    expect(reply.status).toBe(400);
    expect(reply.body.code).toBe('idempotency-key-missing');
    expect((await rollBack(fake, undefined, { environment: 'production', dry_run: true })).status).toBe(200);
    expect(fake.control.calls).toEqual([]);
  });

  it('needs a reason', async () => {
    await using fake = await startFakeServer();
    expect((await rollBack(fake, 'k', { environment: 'production', reason: ' ' })).status).toBe(400);
    expect((await rollBack(fake, 'k', { environment: 'production' })).status).toBe(400);
    expect(fake.control.calls).toEqual([]);
  });

  it('sent twice with one key is done once, and answered the same', async () => {
    await using fake = await startFakeServer();
    const first = await rollBack(fake, 'one');
    const second = await rollBack(fake, 'one');
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(first.headers.get('location')).toBe('/api/v1/incidents/INC-3');
    expect(first.headers.get('idempotent-replay')).toBeNull();
    expect(second.headers.get('idempotent-replay')).toBe('true');
    expect(second.text).toBe(first.text);
    expect(fake.control.calls).toHaveLength(1);
  });

  it('with a key that was used for something else is refused', async () => {
    await using fake = await startFakeServer();
    await rollBack(fake, 'one');
    expect((await rollBack(fake, 'one', { ...order, to: 'v1' })).status).toBe(422);
    const elsewhere = {
      json: { environment: 'production', reason: 'wrong totals' },
      headers: { 'idempotency-key': 'one' },
    };
    expect((await fake.ask('POST', '/api/v1/disarm', { as: 'operate', ...elsewhere })).status).toBe(422);
    expect(fake.control.calls).toHaveLength(1);
  });

  it('of another token may use the same key', async () => {
    await using fake = await startFakeServer();
    await rollBack(fake, 'one');
    expect((await rollBack(fake, 'one', order, 'approve')).headers.get('idempotent-replay')).toBeNull();
    expect(fake.control.calls).toHaveLength(2);
  });

  it('while the first is still running waits its turn', async () => {
    await using fake = await startFakeServer();
    const release = fake.control.holdNext();
    const first = rollBack(fake, 'one');
    await expect.poll(() => fake.control.calls.length).toBe(1);
    const second = await rollBack(fake, 'one');
    expect(second.status).toBe(409);
    expect(second.headers.get('retry-after')).toBe('1');
    release();
    expect((await first).status).toBe(202);
    expect((await rollBack(fake, 'one')).headers.get('idempotent-replay')).toBe('true');
    expect(fake.control.calls).toHaveLength(1);
  });

  it('whose first try was cut off may be tried again after two minutes', async () => {
    await using fake = await startFakeServer();
    const release = fake.control.holdNext();
    const lost = rollBack(fake, 'one');
    await expect.poll(() => fake.control.calls.length).toBe(1);
    fake.clock.now += minutes(2);
    expect((await rollBack(fake, 'one')).status).toBe(202);
    expect(fake.control.calls).toHaveLength(2);
    release();
    await lost;
  });

  it('that was refused may be tried again with its key: nothing was changed', async () => {
    await using fake = await startFakeServer();
    fake.control.refuseNext(new Refusal('closed', 'frozen', 'Frozen.'));
    expect((await rollBack(fake, 'one')).status).toBe(423);
    const again = await rollBack(fake, 'one');
    expect(again.status).toBe(202);
    expect(again.headers.get('idempotent-replay')).toBeNull();
  });
});
