import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createSmtpNotifier, type SmtpOptions } from '../../src/adapters/smtp/index.ts';
import { Secret } from '../../src/core/secret.ts';
import { aMessage, aNotice } from '../fakes/a-notice.ts';
import { countingMeter } from '../fakes/counting-meter.ts';
import { removeDirectory } from '../fakes/directory.ts';
import { type MailServer, mailServer } from '../fakes/mail-server.ts';

const never = new AbortController().signal;
const log = { info: () => {}, warn: () => {}, error: () => {} };
let directory = '';
let server: MailServer | undefined;
const protocols: string[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollbackd-smtp-'));
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const files = ['-keyout', join(directory, 'key.pem'), '-out', join(directory, 'cert.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...key, ...files, ...subject], { stdio: 'ignore' });
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  protocols.length = 0;
});
afterAll(() => removeDirectory(directory));

async function secure(implicit: boolean): Promise<MailServer> {
  server = await mailServer({
    secure: implicit,
    key: readFileSync(join(directory, 'key.pem')),
    cert: readFileSync(join(directory, 'cert.pem')),
    authOptional: false,
    disabledCommands: [],
    onAuth({ username, password }, session, callback) {
      const tls: unknown = session.tlsOptions;
      if (typeof tls === 'object' && tls !== null && 'version' in tls) protocols.push(String(tls.version));
      if (username === 'rollbackd' && password === 'right') return callback(null, { user: username });
      callback(new Error('Authentication failed'));
    },
  });
  return server;
}

function notifier(port: number, said: Partial<SmtpOptions> = {}) {
  return createSmtpNotifier({
    name: 'mail',
    host: 'localhost',
    port,
    secure: false,
    tls: 'required',
    caFile: join(directory, 'cert.pem'),
    user: 'rollbackd',
    password: new Secret('right'),
    from: 'rollbackd@example.org',
    people: new Map([['on-call', { name: 'on-call', email: 'on-call@example.com' }]]),
    now: Date.now,
    meter: countingMeter(),
    log,
    within: 10_000,
    ...said,
  });
}

describe('mail over TLS', () => {
  test.each([
    ['STARTTLS', false],
    ['TLS from the first byte', true],
  ])('%s with a certificate of our own authority', async (_, implicit) => {
    const { port, settled } = await secure(implicit);
    const subject = 'Größe stimmt nicht 🙂';
    const mail = notifier(port, { secure: implicit });

    expect(await mail.verify(never)).toBe(`localhost:${port}, TLS, login accepted`);
    expect(await mail.deliver(aNotice({ message: aMessage({ subject }) }), never)).toMatchObject({
      is: 'delivered',
    });
    expect((await settled())[0]?.subject).toBe(subject);
    expect(protocols).toContain('TLSv1.3');
  });

  test('a certificate that nobody vouches for is refused before anything is said', async () => {
    const { port, settled } = await secure(false);

    await expect(notifier(port, { caFile: null }).deliver(aNotice(), never)).rejects.toMatchObject({
      reason: 'refused',
    });
    expect(await settled()).toEqual([]);
    expect(protocols).toEqual([]);
  });

  test('a wrong password is an auth failure that does not repeat it', async () => {
    const { port } = await secure(false);
    const failure = await notifier(port, { password: new Secret('wrong-canary') })
      .verify(never)
      .catch((error: unknown) => error);

    expect(failure).toMatchObject({ reason: 'auth' });
    expect(String(failure)).not.toContain('wrong-canary');
  });

  test('a password that was replaced counts at the next mail', async () => {
    const { port } = await secure(false);
    let password = 'wrong';
    const mail = notifier(port, { password: new Secret(() => password) });

    await expect(mail.deliver(aNotice(), never)).rejects.toMatchObject({ reason: 'auth' });
    password = 'right';
    expect(await mail.deliver(aNotice(), never)).toMatchObject({ is: 'delivered' });
  });
});
