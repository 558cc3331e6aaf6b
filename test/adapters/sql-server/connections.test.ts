import { expect, test } from 'vitest';
import { OutsideError } from '../../../src/core/errors.ts';
import { Secret } from '../../../src/core/secret.ts';
import { startTdsServer } from '../../fakes/tds/index.ts';
import { never, of, stage } from './stage.ts';

const CANARY = { name: 'one', query: { text: 'SELECT 1 AS one' }, database: 'shop', timeout: 2_000 };

async function failureOf(looked: Promise<unknown>): Promise<OutsideError> {
  const error = await looked.then(
    () => expect.unreachable('it went well'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OutsideError)) throw error;
  return error;
}

test('pools are kept from look to look: one for each database and purpose', async () => {
  const { look, server } = await stage({ canaries: [CANARY] });
  await look();
  await look();
  await look();

  // master, shop and the canary's own; each tries the door once before.
  expect(server.counts.logins).toBe(6);
});

test('after a restart of the server its pools are built anew, and a canary is cold again', async () => {
  const { look, server } = await stage({ canaries: [CANARY] });
  await look();
  expect(of(await look(), 'sql.latency')).toBeDefined();
  await server.restart();

  const after = await look();
  expect(of(after, 'sql.database')).toMatchObject({ status: 'ONLINE' });
  expect(of(after, 'sql.latency')).toBeUndefined();
  expect(of(await look(), 'sql.latency')).toBeDefined();
  expect(server.counts.logins).toBe(12);
});

test('while nobody listens the look fails; when the server is back the next one works', async () => {
  const { look, server } = await stage();
  await look();
  await server.refuse(true);
  server.dropAll();
  const failure = await failureOf(look());

  expect(failure).toMatchObject({
    reason: 'unreachable',
    message: expect.stringContaining('nothing listens there'),
  });
  await server.refuse(false);
  expect(of(await look(), 'sql.database')).toMatchObject({ status: 'ONLINE' });
});

test('a connection that is found in another database is given up', async () => {
  const { look, world } = await stage();
  await look();
  world.found = 'model';
  expect((await failureOf(look())).message).toContain('a connection to master was found in model');
  world.found = null;
  expect(of(await look(), 'sql.rows', 'gold.orders')).toMatchObject({ value: 1_284 });
});

test.each(['cut', 'cut-midway', 'garbage'] as const)(
  'a reply that is %s is told, and the next look works',
  async (fault) => {
    const { look, world } = await stage();
    world.says = ({ sql }) => (sql.includes('d.state_desc') ? { fault, sets: [] } : undefined);

    await failureOf(look());
    world.says = () => undefined;
    expect(of(await look(), 'sql.database')).toMatchObject({ status: 'ONLINE' });
  },
);

test('a look that is stopped cancels its question at once', async () => {
  const { source, server, world } = await stage();
  world.says = ({ sql }) => (sql.includes('d.state_desc') ? { fault: 'never' } : undefined);
  const stop = new AbortController();
  const looked = source.observe(stop.signal);
  looked.catch(() => undefined);
  await expect.poll(() => server.queries.some(({ sql }) => sql.includes('d.state_desc'))).toBe(true);
  const from = performance.now();
  stop.abort(new Error('enough'));

  await expect(looked).rejects.toThrow('enough');
  expect(performance.now() - from).toBeLessThan(10_000);
  expect(server.counts.cancels).toBe(1);
});

test('a look at a server that says nothing ends with the time for a login', async () => {
  const { look, server } = await stage({ server: { timeout: 200 } });
  server.hush(true);
  expect(await failureOf(look())).toMatchObject({ reason: 'timeout' });
});

test('a certificate that is not trusted says which settings mend it', async () => {
  const { look } = await stage({ server: { caFile: null } });
  const failure = await failureOf(look());

  expect(failure.reason).toBe('auth');
  expect(failure.message).toMatch(
    /certificate is not trusted \(.*self[- ]signed.*\); set ca_file to .* or trust_server_certificate: true/,
  );
});

test('a certificate may be taken as it is, where the settings say so', async () => {
  const { look } = await stage({ server: { caFile: null, trustServerCertificate: true } });
  expect(of(await look(), 'sql.database')).toMatchObject({ status: 'ONLINE' });
});

test('a certificate of an authority that cannot be read is named', async () => {
  const { look } = await stage({ server: { caFile: '/nowhere/ca.pem' } });
  expect((await failureOf(look())).message).toBe('ca_file /nowhere/ca.pem cannot be read');
});

test('a wrong password is said so, and is not shown', async () => {
  const { source } = await stage({ server: { password: new Secret('wrong horse 77') } });
  const failure = await failureOf(source.observe(never));

  expect(failure).toMatchObject({
    reason: 'auth',
    message: expect.stringContaining("the login of watcher was refused: Login failed for user 'watcher'"),
  });
  expect(`${failure.message} ${failure.stack} ${String(failure.cause)}`).not.toContain('wrong horse 77');
});

test('a database that cannot be opened leaves the others as they are, with its reason', async () => {
  const away = { ...CANARY, name: 'away', database: 'away' };
  const { look, world, told } = await stage(
    { databases: ['shop', 'away'], canaries: [away] },
    { databases: ['shop'] },
  );
  world.databases = [
    ['shop', 'ONLINE'],
    ['away', 'ONLINE'],
  ];
  const signals = await look();

  expect(of(signals, 'sql.rows', 'shop.gold.orders')).toMatchObject({ value: 1_284 });
  expect(of(signals, 'sql.latency', 'away')).toMatchObject({
    value: null,
    error: expect.stringContaining('the database away cannot be opened'),
  });
  expect(told).toContainEqual(expect.objectContaining({ what: 'away' }));
});

test('nothing but this server is asked: the driver keeps no connection for everybody', async () => {
  const other = await startTdsServer({ answer: () => ({}) });
  const { look } = await stage();
  await look();
  expect(other.counts.logins).toBe(0);
  await other.close();
});
