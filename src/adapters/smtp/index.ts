import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SMTPTransportOptions } from 'nodemailer';
import { OutsideError } from '../../core/errors.ts';
import type { Person } from '../../core/escalation.ts';
import type { Notice } from '../../core/notice.ts';
import type { Secret } from '../../core/secret.ts';
import type { Duration } from '../../core/time.ts';
import { plain } from '../../core/wording.ts';
import type { Log } from '../../ports/log.ts';
import type { Meter } from '../../ports/meter.ts';
import type { Delivery, Notifier } from '../../ports/notifier.ts';
import { asOutside, isRefusedRecipient } from './failure.ts';
import { type Mail, rawMail, renderMail } from './render.ts';

export interface SmtpOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (port 465); otherwise STARTTLS. */
  readonly secure: boolean;
  /** `required`: nothing is sent in the clear; `opportunistic`: where the server offers it; `off`: a relay on this machine. */
  readonly tls: 'required' | 'opportunistic' | 'off';
  /** Certificates to trust, PEM; null: those of the system. Read at each use. */
  readonly caFile: string | null;
  readonly user: string | null;
  readonly password: Secret | null;
  readonly from: string;
  /** The only place that addresses come from. */
  readonly people: ReadonlyMap<string, Person>;
  readonly now: () => number;
  readonly meter: Meter;
  readonly log: Log;
  /** Longest for one mail from connecting to the server's last word, ms (30 s). */
  readonly within?: Duration;
}

const WITHIN = 30_000;

/** Mail over SMTP: one connection and one recipient for each mail, so that one bad address stops nobody else's. */
export function createSmtpNotifier(options: SmtpOptions): Notifier {
  return {
    name: options.name,
    deliver: (notice, abort) => deliver(options, notice, abort),
    verify: (abort) => verify(options, abort),
  };
}

async function deliver(options: SmtpOptions, notice: Notice, abort: AbortSignal): Promise<Delivery> {
  const person = options.people.get(notice.to);
  if (person === undefined) return { is: 'rejected', detail: `no address of ${notice.to} is configured` };
  const { subject, text, html } = render(options, notice);
  const signal = AbortSignal.any([abort, AbortSignal.timeout(options.within ?? WITHIN)]);
  const thread = messageId(`thread/${notice.thread}`, options.from);
  try {
    const transport = await openTransport(options);
    const info = await transport.sendMail({
      from: { name: 'rollbackd', address: options.from },
      to: { name: person.name, address: person.email },
      subject,
      text,
      html,
      messageId: messageId(notice.id, options.from),
      inReplyTo: thread,
      references: [thread],
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      disableFileAccess: true,
      disableUrlAccess: true,
      signal,
    });
    if (info.accepted.length > 0) return { is: 'delivered', detail: plain(info.response) };
    return { is: 'rejected', detail: plain(info.response) };
  } catch (error) {
    if (isRefusedRecipient(error)) return { is: 'rejected', detail: asOutside(error, options).message };
    throw asOutside(error, options);
  }
}

/** What cannot be rendered is sent as it is: people hear of it, if less beautifully. */
function render(options: SmtpOptions, notice: Notice): Mail {
  try {
    return renderMail(notice);
  } catch (error) {
    options.meter.add('rollbackd_notification_render_failures_total', { channel: options.name });
    options.log.error({ notice: notice.id, error: String(error) }, 'a notice could not be rendered');
    return rawMail(notice);
  }
}

async function verify(options: SmtpOptions, abort: AbortSignal): Promise<string> {
  const signal = AbortSignal.any([abort, AbortSignal.timeout(options.within ?? WITHIN)]);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
  aborted.catch(() => {});
  try {
    await Promise.race([(await openTransport(options)).verify(), aborted]);
  } catch (error) {
    throw asOutside(error, options);
  }
  const tls =
    options.secure || options.tls === 'required'
      ? 'TLS'
      : options.tls === 'off'
        ? 'no TLS'
        : 'TLS where offered';
  return `${options.host}:${options.port}, ${tls}, ${options.user === null ? 'no login needed' : 'login accepted'}`;
}

/** The library is loaded with the first mail: most starts send none. */
async function openTransport(options: SmtpOptions) {
  const { createTransport } = await import('nodemailer');
  return createTransport(await transportOptions(options));
}

/** No pool: idle connections that a firewall forgot swallow mails. Every wait of the library is bounded. */
async function transportOptions(options: SmtpOptions): Promise<SMTPTransportOptions> {
  const within = options.within ?? WITHIN;
  const tls = options.caFile === null ? {} : { tls: { ca: await certificates(options.caFile) } };
  const auth =
    options.user === null ? {} : { auth: { user: options.user, pass: options.password?.reveal() ?? '' } };
  return {
    host: options.host,
    port: options.port,
    secure: options.secure,
    requireTLS: options.tls === 'required' && !options.secure,
    ignoreTLS: options.tls === 'off',
    connectionTimeout: Math.min(within, 10_000),
    greetingTimeout: Math.min(within, 10_000),
    dnsTimeout: Math.min(within, 5_000),
    socketTimeout: Math.min(within, 15_000),
    logger: false,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...tls,
    ...auth,
  };
}

async function certificates(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new OutsideError('mail', 'auth', `the certificates in ${path} cannot be read`, {
      retry: { after: 60_000 },
      cause,
    });
  }
}

/** The same id, the same Message-ID, whatever happens in between: a mail sent twice is one mail. */
export function messageId(id: string, from: string): string {
  const domain = from.slice(from.lastIndexOf('@') + 1).replaceAll(/[^A-Za-z0-9.-]/g, '');
  return `<${createHash('sha256').update(id).digest('hex')}@${domain === '' ? 'rollbackd' : domain}>`;
}
