import { createServer, type Server, type Socket } from 'node:net';
import { type Certificate, selfSigned } from './certificate.ts';
import { changesSomething } from './change.ts';
import { serveConnection } from './connection.ts';
import type { Encryption } from './login.ts';
import type { TdsQuery, TdsReply } from './reply.ts';

export { changesSomething } from './change.ts';
export type { TdsError, TdsQuery, TdsReply, TdsSet, TdsType } from './reply.ts';

/** What the stand-in is to be. */
export interface TdsOptions {
  /** What is said to a query. What it throws reaches the client as error 50000, in words. */
  readonly answer: (query: TdsQuery) => TdsReply | Promise<TdsReply>;
  /** Passwords by user; without it everybody may come in. */
  readonly users?: Readonly<Record<string, string>>;
  /** The databases beside master; without it there is every one that is asked for. */
  readonly databases?: readonly string[];
  /** `on`, the default, leaves it to the client. */
  readonly encryption?: Encryption;
  /** The largest packet in bytes that the server agrees to at a login; what the client asks for where it is not said. */
  readonly packetSize?: number;
  /** For whom the certificate is and until when; `localhost` and `127.0.0.1` and a day where it is not said. */
  readonly certificate?: { readonly hosts?: readonly string[]; readonly until?: Date };
}

/** A server on 127.0.0.1 that speaks TDS 7.4. Lists and counts are live. */
export interface TdsServer extends AsyncDisposable {
  readonly port: number;
  /** PEM of the certificate, which is its own authority. */
  readonly ca: string;
  /** Every query in the order of arrival, without what the driver asks for itself (SET at the start, `SELECT 1;`). */
  readonly queries: readonly TdsQuery[];
  /** Those of the queries that would have changed something. */
  readonly changes: readonly TdsQuery[];
  /** Connections that are open now. */
  readonly connections: number;
  /** Logins accepted, connections reset and cancels received, since the start. */
  readonly counts: { readonly logins: number; readonly resets: number; readonly cancels: number };
  /** Ends every connection at once, as a killed server does. */
  dropAll(): void;
  /** While on, nobody listens on the port: new connections are refused, open ones stay. */
  refuse(on: boolean): Promise<void>;
  /** While on, new connections are taken and hear nothing. */
  hush(on: boolean): void;
  /** A restart: all connections end, and the same port listens again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a stand-in for SQL Server. */
export async function startTdsServer(options: TdsOptions): Promise<TdsServer> {
  const certificate = selfSigned(options.certificate);
  const queries: TdsQuery[] = [];
  const counts = { logins: 0, resets: 0, cancels: 0 };
  const sockets = new Set<Socket>();
  const serve = servingWith({ options, certificate, queries, counts });
  let hushed = false;
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true).on('close', () => sockets.delete(socket));
    if (hushed) socket.on('error', () => socket.destroy()).resume();
    else serve(socket);
  };
  let server: Server | undefined = await listen(accept, 0);
  const port = portOf(server);
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const refuse = async (on: boolean): Promise<void> => {
    if (on) server?.close();
    server = on ? undefined : (server ?? (await listen(accept, port)));
  };
  const close = async (): Promise<void> => {
    await refuse(true);
    dropAll();
  };
  return {
    port,
    ca: certificate.cert,
    queries,
    get changes() {
      return queries.filter(({ sql }) => changesSomething(sql));
    },
    get connections() {
      return sockets.size;
    },
    counts,
    dropAll,
    refuse,
    hush(on) {
      hushed = on;
    },
    async restart() {
      await close();
      await refuse(false);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Serving {
  readonly options: TdsOptions;
  readonly certificate: Certificate;
  readonly queries: TdsQuery[];
  readonly counts: { logins: number; resets: number; cancels: number };
}

function servingWith({ options, certificate, queries, counts }: Serving): (socket: Socket) => void {
  const names = { login: 'logins', reset: 'resets', attention: 'cancels' } as const;
  const host = {
    encryption: options.encryption ?? 'on',
    certificate,
    users: options.users,
    databases: options.databases,
    packetSize: options.packetSize ?? 32_767,
    async answer(query: TdsQuery) {
      queries.push(query);
      return options.answer(query);
    },
    told(event: keyof typeof names) {
      counts[names[event]] += 1;
    },
  };
  return (socket) => serveConnection(socket, host);
}

async function listen(accept: (socket: Socket) => void, port: number): Promise<Server> {
  const server = createServer(accept);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
