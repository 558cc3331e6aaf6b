import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createSmtpNotifier, messageId, type SmtpOptions } from '../../../src/adapters/smtp/index.ts';
import { OutsideError } from '../../../src/core/errors.ts';
import type { Notice } from '../../../src/core/notice.ts';
import { Secret } from '../../../src/core/secret.ts';
import { notifierContract } from '../../contract/notifier.ts';
import { aMessage, aNotice } from '../../fakes/a-notice.ts';
import { countingMeter } from '../../fakes/counting-meter.ts';
import { type MailServer, mailServer } from '../../fakes/mail-server.ts';
import { fakeNotifier, isDown } from '../../fakes/notifier.ts';

const never = new AbortController().signal;
const log = { info: () => {}, warn: () => {}, error: () => {} };

function options(port: number, said: Partial<SmtpOptions> = {}): SmtpOptions {
  const people = ['on-call', 'roger', 'gone'].map((name) => ({ name, email: `${name}@example.com` }));
  return {
    name: 'mail',
    host: '127.0.0.1',
    port,
    secure: false,
    tls: 'off',
    caFile: null,
    user: null,
    password: null,
    from: 'rollbackd@example.org',
    people: new Map(people.map((person) => [person.name, person])),
    now: Date.now,
    meter: countingMeter(),
    log,
    within: 2_000,
    ...said,
  };
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function server(...asked: Parameters<typeof mailServer>): Promise<MailServer> {
  const made = await mailServer(...asked);
  closers.push(() => made.close());
  return made;
}

notifierContract('the SMTP notifier', async () => {
  const made = await mailServer();
  return {
    notifier: createSmtpNotifier(options(made.port)),
    arrived: async () =>
      (await made.settled()).map((mail) => ({ id: mail.messageId ?? '', subject: mail.subject ?? '' })),
    breakDown: () => made.close(),
    close: () => made.close(),
  };
});

notifierContract('the fake notifier', async () => {
  const fake = fakeNotifier();
  return {
    notifier: fake,
    arrived: async () => fake.sent.map(({ id, message }) => ({ id, subject: message.subject })),
    breakDown: async () => {
      fake.does = isDown;
    },
    close: async () => {},
  };
});

describe('a mail', () => {
  async function arrives(notice: Notice) {
    const to = await server();
    await createSmtpNotifier(options(to.port)).deliver(notice, never);
    const [mail] = await to.settled();
    if (mail === undefined) throw new Error('no mail arrived');
    return mail;
  }

  test('has a stable Message-ID, belongs to its incident, and asks no machine to answer', async () => {
    const mail = await arrives(aNotice());

    expect(mail.messageId).toBe(messageId('INC-1/1/level/on-call/mail', 'rollbackd@example.org'));
    expect(mail.messageId).toMatch(/^<[0-9a-f]{64}@example\.org>$/);
    expect(mail.inReplyTo).toBe(messageId('thread/INC-1', 'rollbackd@example.org'));
    expect(mail.references).toBe(mail.inReplyTo);
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail.headers.get('x-auto-response-suppress')).toBe('All');
  });

  test('says the same as text and as HTML', async () => {
    const mail = await arrives(aNotice({ message: aMessage({ headline: 'Größe <b>stimmt</b> nicht 🙂' }) }));

    expect(mail.text).toContain('Größe <b>stimmt</b> nicht 🙂');
    expect(mail.html).toContain('Größe &lt;b&gt;stimmt&lt;/b&gt; nicht 🙂');
  });

  test('cannot be given a header or a recipient by the name of a test', async () => {
    const subject = 'fails\r\nBcc: eve@example.com\r\n\r\n<b>body</b>';
    const mail = await arrives(aNotice({ message: aMessage({ subject }) }));

    expect(mail.bcc).toBeUndefined();
    expect(mail.subject).toBe('fails Bcc: eve@example.com <b>body</b>');
  });

  test('that cannot be laid out goes out as raw facts, and is counted', async () => {
    const to = await server();
    const meter = countingMeter();
    const broken = {
      ...aNotice(),
      message: { subject: 'half a message', headline: 'it fails' },
    } as unknown as Notice;

    expect(await createSmtpNotifier(options(to.port, { meter })).deliver(broken, never)).toMatchObject({
      is: 'delivered',
    });
    const [mail] = await to.settled();
    expect(mail?.subject).toBe('half a message');
    expect(mail?.text).toContain('it fails');
    expect(meter.count('rollbackd_notification_render_failures_total', { channel: 'mail' })).toBe(1);
  });
});

describe('how a delivery ends', () => {
  test('a person without an address is refused without asking anybody', async () => {
    const end = await createSmtpNotifier(options(1)).deliver(aNotice({ to: 'eve' }), never);

    expect(end).toEqual({ is: 'rejected', detail: 'no address of eve is configured' });
  });

  test('one refused recipient leaves the others theirs', async () => {
    const to = await server();
    const notifier = createSmtpNotifier(options(to.port));
    const ends = await Promise.all(
      ['gone', 'on-call', 'roger'].map((name) => notifier.deliver(aNotice({ to: name }), never)),
    );

    expect(ends.map((end) => end.is)).toEqual(['rejected', 'delivered', 'delivered']);
    expect(await to.settled()).toHaveLength(2);
  });

  test.each([
    ['a full mailbox', 452, '4.2.2 mailbox full', 'rate-limited'],
    ['a relay that does not know us', 550, '5.7.1 relaying denied', 'refused'],
  ])('%s is tried again', async (_, responseCode, text, reason) => {
    const onRcptTo = (
      ...[, , callback]: Parameters<NonNullable<Parameters<typeof mailServer>[0]>['onRcptTo'] & object>
    ) => callback(Object.assign(new Error(text), { responseCode }));
    const to = await server({ onRcptTo });

    await expect(createSmtpNotifier(options(to.port)).deliver(aNotice(), never)).rejects.toMatchObject({
      reason,
    });
  });

  test('a message that the server does not accept at its end is not sent', async () => {
    const to = await server({
      onData(stream, _session, callback) {
        stream.resume();
        stream.on('end', () => callback(Object.assign(new Error('try later'), { responseCode: 451 })));
      },
    });

    await expect(createSmtpNotifier(options(to.port)).deliver(aNotice(), never)).rejects.toBeInstanceOf(
      OutsideError,
    );
  });
});

test('a server that is not there is said in words', async () => {
  const deaf = createServer();
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', () => resolve()));
  const { port } = deaf.address() as AddressInfo;
  await new Promise((resolve) => deaf.close(resolve));

  await expect(createSmtpNotifier(options(port)).verify(never)).rejects.toMatchObject({
    reason: 'unreachable',
    message: `127.0.0.1:${port}: nothing listens there`,
  });
});

describe('a server that accepts and never answers', () => {
  async function silent(): Promise<number> {
    const deaf: Server = createServer(() => {});
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', () => resolve()));
    const address = deaf.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    closers.push(() => new Promise((resolve) => deaf.close(() => resolve())));
    return address.port;
  }

  test('is given up after the deadline, when sending and when asked', async () => {
    const notifier = createSmtpNotifier(options(await silent(), { within: 300 }));
    const began = Date.now();

    await expect(notifier.deliver(aNotice(), never)).rejects.toMatchObject({ reason: 'timeout' });
    await expect(notifier.verify(never)).rejects.toMatchObject({ reason: 'timeout' });
    expect(Date.now() - began).toBeLessThan(15_000);
  });

  test('is left at once when the daemon stops', async () => {
    const stop = new AbortController();
    const sending = createSmtpNotifier(options(await silent(), { within: 20_000 })).deliver(
      aNotice(),
      stop.signal,
    );
    setTimeout(() => stop.abort(), 100);

    await expect(sending).rejects.toBeInstanceOf(OutsideError);
  });
});

test('the password shows up in no error, even where the server repeats it', async () => {
  const password = 'hunter2-canary';
  const to = await server({
    disabledCommands: ['STARTTLS'],
    authMethods: ['PLAIN'],
    onAuth: ({ password: said }, _session, callback) => callback(new Error(`535 wrong password ${said}`)),
  });
  const notifier = createSmtpNotifier(
    options(to.port, { user: 'rollbackd', password: new Secret(password) }),
  );
  const failure = await notifier.deliver(aNotice(), never).catch((error: unknown) => error);

  expect(failure).toMatchObject({ reason: 'auth' });
  expect(failure).toBeInstanceOf(OutsideError);
  expect(String(failure)).not.toContain(password);
  expect(String(failure)).toContain('<secret>');
});

test('a server without TLS gets nothing where TLS is required', async () => {
  const to = await server();

  await expect(
    createSmtpNotifier(options(to.port, { tls: 'required' })).deliver(aNotice(), never),
  ).rejects.toBeInstanceOf(OutsideError);
  expect(await to.settled()).toEqual([]);
});
