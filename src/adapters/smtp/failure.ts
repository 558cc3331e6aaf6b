import { OutsideError, type OutsideReason } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { cut, plain } from '../../core/wording.ts';

interface Failure {
  readonly code: string;
  readonly command: string;
  readonly responseCode: number;
  readonly message: string;
}

/**
 * The server says that this mailbox does not exist: trying again is no use. Refusals by policy (5.7, a relay that
 * does not know us) are not of this kind: they end when somebody repairs the configuration.
 */
export function isRefusedRecipient(error: unknown): boolean {
  const { command, responseCode, message } = failureOf(error);
  return command === 'RCPT TO' && [550, 551, 553].includes(responseCode) && !/\b5\.7\.\d/.test(message);
}

/** What the library threw, as the outside's failure in words for a person. Never with the password in it. */
export function asOutside(
  error: unknown,
  options: { readonly host: string; readonly port: number; readonly password: Secret | null },
): OutsideError {
  if (error instanceof OutsideError) return error;
  const failure = failureOf(error);
  const message = hide(cut(plain(inWords(failure.message)), 300), options.password);
  return new OutsideError('mail', reasonOf(failure), `${options.host}:${options.port}: ${message}`, {
    retry: { after: 5_000 },
  });
}

const REASONS: Readonly<Record<string, OutsideReason>> = {
  EAUTH: 'auth',
  ENOAUTH: 'auth',
  ETIMEDOUT: 'timeout',
  EABORT: 'timeout',
  ECONNECTION: 'unreachable',
  ESOCKET: 'unreachable',
  EDNS: 'unreachable',
  ETLS: 'refused',
  EENVELOPE: 'refused',
  EMESSAGE: 'refused',
  EPROTOCOL: 'unexpected-reply',
};

function reasonOf({ code, responseCode, message }: Failure): OutsideReason {
  if (/certificate|self-signed|altnames/i.test(message)) return 'refused';
  if ([421, 450, 451, 452].includes(responseCode)) return 'rate-limited';
  return REASONS[code] ?? 'unreachable';
}

function failureOf(error: unknown): Failure {
  const empty = { code: '', command: '', responseCode: 0 };
  if (!(error instanceof Error)) return { ...empty, message: String(error) };
  const { code, command, responseCode } = { ...empty, ...error };
  const timedOut = error.name === 'TimeoutError' || error.name === 'AbortError';
  return {
    code: timedOut ? 'EABORT' : String(code),
    command: String(command),
    responseCode: Number(responseCode),
    message: error.message,
  };
}

function inWords(message: string): string {
  const code = /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ECONNRESET)\b/.exec(message)?.[1] ?? '';
  return SAID[code] ?? message;
}

const SAID: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be resolved now',
  ECONNRESET: 'the connection was reset',
};

/** Some servers repeat what they were sent. */
function hide(text: string, password: Secret | null): string {
  const said = password?.reveal() ?? '';
  if (said === '') return text;
  return text.replaceAll(said, '<secret>').replaceAll(Buffer.from(said).toString('base64'), '<secret>');
}
