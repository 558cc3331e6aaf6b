import { sayDuration } from '../../core/duration.ts';
import { OutsideError, type OutsideReason } from '../../core/errors.ts';
import { type Duration, seconds } from '../../core/time.ts';
import { cut, plain } from '../../core/wording.ts';
import type { ServerAddress } from './options.ts';

/** What failed: which decides whether the connection can be used again, and what a person can do about it. */
export type FailureKind = 'connection' | 'login' | 'database' | 'timeout' | 'lock' | 'permission' | 'query';

/** A question that the server did not answer, or answered by errors. */
export class SqlFailure extends OutsideError {
  readonly is: FailureKind;
  /** The number of the server's last error; null where it said none. */
  readonly number: number | null;

  constructor(is: FailureKind, message: string, number: number | null = null) {
    super('sql-server', REASONS[is], message, is === 'connection' ? { retry: { after: seconds(1) } } : {});
    this.is = is;
    this.number = number;
  }
}

const REASONS: Readonly<Record<FailureKind, OutsideReason>> = {
  connection: 'unreachable',
  login: 'auth',
  database: 'refused',
  timeout: 'timeout',
  lock: 'timeout',
  permission: 'auth',
  query: 'unexpected-reply',
};

/** An error that the server told while it refused a login. */
export interface LoginError {
  readonly number: number;
  readonly message: string;
}

/** What was tried. */
export interface Circumstances {
  readonly server: ServerAddress;
  readonly database: string;
  /** How long was waited. */
  readonly timeout: Duration;
  readonly timedOut: boolean;
  readonly loginErrors?: readonly LoginError[];
}

/** Reads what the driver threw, in words for a person: every error that the server told, never the password. */
export function sqlFailure(thrown: unknown, circumstances: Circumstances): SqlFailure {
  const { server, database, timeout, timedOut, loginErrors = [] } = circumstances;
  const place = `${server.host}:${server.port}`;
  const said = withLogin(chainOf(thrown), loginErrors);
  const { code } = said;
  const number = said.numbers.at(-1) ?? null;
  const words = hide(cut(plain(said.messages.join('; before it: ')), 600), server);
  if (timedOut || code === 'ETIMEOUT')
    return new SqlFailure('timeout', `${place} did not answer within ${sayDuration(timeout)}`);
  if (UNTRUSTED.test(words)) {
    const help = 'set ca_file to the certificate of its authority, or trust_server_certificate: true';
    return new SqlFailure('login', `${place}: its certificate is not trusted (${words}); ${help}`);
  }
  const kind = number === null ? undefined : KINDS.get(number);
  if (code === 'ELOGIN' || kind === 'login' || kind === 'database')
    return refused(words, number, circumstances);
  if (kind !== undefined) return new SqlFailure(kind, told(number, words), number);
  if (code === 'EREQUEST' && number !== null) return new SqlFailure('query', told(number, words), number);
  return new SqlFailure('connection', `${place}, database ${database}: ${SAID[code] ?? words}`);
}

const UNTRUSTED = /self[- ]signed|unable to (verify|get)|certificate|altname/i;

/** 1222: a lock was waited for longer than LOCK_TIMEOUT; the others are permissions, logins and databases. */
const KINDS: ReadonlyMap<number, FailureKind> = new Map<number, FailureKind>([
  [1222, 'lock'],
  ...[229, 230, 262, 297, 300, 371, 15_247].map((number) => [number, 'permission'] as const),
  [18_456, 'login'],
  ...[911, 916, 922, 924, 927, 945, 952, 4060, 4064].map((number) => [number, 'database'] as const),
]);

const SAID: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be resolved now',
  ECONNRESET: 'the connection was reset',
  ECONNCLOSED: 'the connection was closed',
  EPIPE: 'the connection was closed',
  DEAFCODE: 'it did not even answer the cancel of a query',
};

function refused(words: string, number: number | null, { server, database }: Circumstances): SqlFailure {
  const place = `${server.host}:${server.port}`;
  if (number !== 18_456 && (number !== null || /open database|not able to access/i.test(words)))
    return new SqlFailure(
      'database',
      `${place}: the database ${database} cannot be opened: ${words}`,
      number,
    );
  return new SqlFailure('login', `${place}: the login of ${server.user} was refused: ${words}`, number);
}

function told(number: number | null, words: string): string {
  return number === null ? words : `error ${number}: ${words}`;
}

interface Said {
  readonly code: string;
  /** The error itself first, then what came before it. */
  readonly messages: readonly string[];
  readonly numbers: readonly number[];
}

/** Everything that an error of the driver carries: its own message, those before it, and the codes beneath. */
function chainOf(thrown: unknown): Said {
  if (!(thrown instanceof Error)) return { code: 'unknown', messages: [String(thrown)], numbers: [] };
  const { precedingErrors } = thrown as { precedingErrors?: unknown };
  const before = Array.isArray(precedingErrors) ? precedingErrors : [];
  const errors = [thrown, ...before.filter((each) => each instanceof Error)];
  const numbers = [...errors].reverse().flatMap(numberOf);
  return { code: codeOf(thrown), messages: [...new Set(errors.map((each) => each.message))], numbers };
}

/** The reason of a refused login stands before "login failed", and says more. */
function withLogin(said: Said, errors: readonly LoginError[]): Said {
  if (errors.length === 0) return said;
  const reasons = errors.filter(({ number }) => number !== LOGIN_FAILED);
  const [first] = reasons.length === 0 ? errors : reasons;
  const messages = [...new Set([...errors.map(({ message }) => message).reverse(), ...said.messages])];
  return { code: said.code, messages, numbers: [first?.number ?? LOGIN_FAILED] };
}

const LOGIN_FAILED = 18_456;

function numberOf(error: Error): readonly number[] {
  const { number, originalError } = error as { number?: unknown; originalError?: unknown };
  if (typeof number === 'number') return [number];
  return originalError instanceof Error ? numberOf(originalError) : [];
}

/** The driver's own code, or a deeper one that says more than ESOCKET. */
function codeOf(error: Error): string {
  let found = 'unknown';
  let each: unknown = error;
  for (let depth = 0; each instanceof Error && depth < 8; depth += 1) {
    const { code, originalError, cause } = each as {
      code?: unknown;
      originalError?: unknown;
      cause?: unknown;
    };
    if (typeof code === 'string' && (found === 'unknown' || code in SAID)) found = code;
    const next = originalError ?? cause;
    each = next instanceof AggregateError ? next.errors[0] : next;
  }
  return found;
}

/** The driver tells no password; should that ever change, it still does not get past here. */
function hide(text: string, { password }: ServerAddress): string {
  const secret = password.reveal();
  return secret === '' ? text : text.replaceAll(secret, '<secret>');
}
