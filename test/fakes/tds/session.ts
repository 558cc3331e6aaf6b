import { setTimeout as after } from 'node:timers/promises';
import type { Message } from './packet.ts';
import type { TdsQuery, TdsReply } from './reply.ts';
import { encodeReply } from './reply-encoding.ts';
import { type Request, readRequest } from './request.ts';
import * as token from './tokens.ts';

/** Where a connection stands after its login. */
export interface Session {
  readonly user: string;
  /** The database of the login, to which a reset returns. */
  readonly own: string;
  database: string;
  /** Whether the first request was seen: clients begin with a batch of SET. */
  started: boolean;
  /** The request that is being answered; aborted by a cancel and when the connection ends. */
  running: AbortController | undefined;
  deaf: boolean;
}

/** The way back to the client. */
export interface Wire {
  send(payload: Buffer): void;
  cut(): void;
  cutMidway(payload: Buffer): void;
  end(): void;
}

/** What answers the queries. */
export interface QueryHost {
  readonly databases: readonly string[] | undefined;
  answer(query: TdsQuery): TdsReply | Promise<TdsReply>;
  /** Told of each event, to be counted. */
  told(event: 'login' | 'reset' | 'attention'): void;
}

interface Way {
  readonly wire: Wire;
  readonly host: QueryHost;
}

type Query = Extract<Request, { is: 'query' }>;

const DESCRIPTOR = Buffer.from('0100000001000000', 'hex');
const NOTHING = Buffer.alloc(0);
const SETUP = /^\s*(set\s[^\n;]*[\n;]?\s*)*$/i;
/** What the pool of mssql asks of a connection before it lends it out. */
const VALIDATION = 'SELECT 1;';
const USE = /^\s*USE\s+(?:\[([^\]]+)\]|(\w+))\s*;?\s*/i;

/** Answers a cancel: the request's own reply is ended first, then comes DONE with the attention bit (MS-TDS 2.2.1.7). */
export function acknowledgeCancel(session: Session, wire: Wire, host: QueryHost): void {
  host.told('attention');
  if (session.deaf) return;
  if (session.running !== undefined) {
    session.running.abort();
    session.running = undefined;
    wire.send(token.done('done', token.DONE.error));
  }
  wire.send(token.done('done', token.DONE.attention));
}

/** Answers one batch, procedure call or transaction request. */
export async function serveRequest(session: Session, message: Message, way: Way): Promise<void> {
  if (message.ignored) return way.wire.send(token.done('done', token.DONE.error));
  const cancel = new AbortController();
  session.running = cancel;
  const before = message.reset ? reset(session, way.host) : NOTHING;
  const setup = !session.started || message.reset;
  session.started = true;
  const { said, reply } = await replyTo(session, message, { host: way.host, setup }).catch(
    (error: unknown) => ({
      said: encodeReply(failed(error), false),
      reply: failed(error),
    }),
  );
  if (cancel.signal.aborted) return;
  await deliver(session, {
    said: Buffer.concat([before, said]),
    reply,
    cancel: cancel.signal,
    wire: way.wire,
  });
  if (session.running === cancel) session.running = undefined;
}

function reset(session: Session, host: QueryHost): Buffer {
  host.told('reset');
  session.database = session.own;
  return token.connectionReset();
}

interface Said {
  readonly said: Buffer;
  readonly reply: TdsReply;
}

async function replyTo(
  session: Session,
  message: Message,
  { host, setup }: { readonly host: QueryHost; readonly setup: boolean },
): Promise<Said> {
  const request = readRequest(message);
  if (request.is === 'unknown') throw new TypeError(`${request.what} is not known here`);
  if (request.is === 'query') return answerQuery(session, request, { host, setup });
  const type = { begin: 8, commit: 9, rollback: 10 } as const;
  const query = { sql: `${request.is.toUpperCase()} TRANSACTION`, parameters: {}, types: {} };
  const reply = await host.answer({ ...query, database: session.database, user: session.user });
  const change = token.transactionChanged(type[request.is], DESCRIPTOR);
  return { said: Buffer.concat([change, encodeReply(reply, false)]), reply };
}

async function answerQuery(
  session: Session,
  query: Query,
  { host, setup }: { readonly host: QueryHost; readonly setup: boolean },
): Promise<Said> {
  const plain = (reply: TdsReply): Said => ({ said: encodeReply(reply, query.procedure), reply });
  const { sql, parameters, types } = query;
  if (setup && SETUP.test(sql)) return plain({});
  if (sql === VALIDATION && query.procedure) {
    return plain({ sets: [{ columns: [{ name: '', type: 'int' }], rows: [[1]] }] });
  }
  const used = USE.exec(sql);
  const database = used?.[1] ?? used?.[2] ?? session.database;
  const known = database === session.database || (host.databases?.includes(database) ?? true);
  const reply = known
    ? await host.answer({ sql, parameters, types, database, user: session.user })
    : { errors: [noDatabase(database)] };
  const change = known && used !== null && !query.procedure ? use(session, database) : NOTHING;
  return { said: Buffer.concat([change, encodeReply(reply, query.procedure)]), reply };
}

function use(session: Session, database: string): Buffer {
  const before = session.database;
  session.database = database;
  const said = { number: 5701, state: 1, message: `Changed database context to '${database}'.` };
  return Buffer.concat([token.databaseChanged(database, before), token.info(said)]);
}

function noDatabase(name: string): { readonly number: number; readonly message: string } {
  const message = `Database '${name}' does not exist. Make sure that the name is entered correctly.`;
  return { number: 911, message };
}

/** What a test did wrong reaches the test through the client, in words. */
function failed(error: unknown): TdsReply {
  const message = `stand-in: ${error instanceof Error ? error.message : String(error)}`;
  return { errors: [{ number: 50_000, message }] };
}

async function deliver(
  session: Session,
  { said, reply, cancel, wire }: Said & { readonly cancel: AbortSignal; readonly wire: Wire },
): Promise<void> {
  await after(reply.delay ?? 0, undefined, { signal: cancel }).catch(() => {});
  if (reply.fault === 'never' || reply.fault === 'deaf') {
    session.deaf = reply.fault === 'deaf';
    if (!cancel.aborted) await new Promise((resolve) => cancel.addEventListener('abort', resolve));
  }
  if (cancel.aborted) return;
  if (reply.fault === 'cut') return wire.cut();
  if (reply.fault === 'cut-midway') return wire.cutMidway(said);
  if (reply.fault === 'garbage') return wire.send(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
  wire.send(said);
  if (reply.errors?.some((error) => (error.class ?? 16) >= 20)) wire.end();
}
