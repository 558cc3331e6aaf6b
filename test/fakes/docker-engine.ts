import { mkdtempSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeDirectory } from './directory.ts';

/** A container as the fake engine keeps it: what `docker inspect` says, and its labels. */
export interface FakeContainer {
  readonly id: string;
  service: string;
  project?: string;
  oneoff?: boolean;
  restarts?: number;
  created?: number;
  image?: string;
  state?: Readonly<Record<string, unknown>>;
}

/** A Docker engine in memory that speaks its HTTP API on a unix socket. */
export class FakeDocker {
  readonly #home = mkdtempSync(join(tmpdir(), 'rollbackd-fake-docker-'));
  readonly socket = join(this.#home, 'docker.sock');
  containers: FakeContainer[] = [];
  /** Every event so far, as the engine would say it. */
  readonly events: { readonly timeNano: number }[] = [];
  /** Containers that are gone by the time they are inspected. */
  readonly vanishing = new Set<string>();
  isHanging = false;
  /** Answers everything instead. */
  instead: ((reply: ServerResponse) => void) | null = null;
  /** Paths that were asked, with their query. */
  readonly asked: string[] = [];
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();
  readonly #streams = new Set<ServerResponse>();

  async start(): Promise<void> {
    const server = createServer((request, reply) => this.#answer(request.url ?? '', reply));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((done) => server.listen(this.socket, done));
  }

  /** The engine dies: the socket is gone, every stream ends. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const server = this.#server;
    this.#server = null;
    if (server !== null) await new Promise((done) => server.close(done));
  }

  async close(): Promise<void> {
    await this.stop();
    removeDirectory(this.#home);
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Something happens to a container; streams are told in pieces that break the line. */
  happen(
    container: FakeContainer,
    action: string,
    { at, exitCode }: { readonly at: number; readonly exitCode?: number },
  ): void {
    const name = `${container.project ?? 'shop'}-${container.service}-1`;
    const event = {
      Type: 'container',
      Action: action,
      Actor: {
        ID: container.id,
        Attributes: {
          ...labelsOf(container),
          name,
          ...(exitCode === undefined ? {} : { exitCode: String(exitCode) }),
        },
      },
      time: Math.floor(at / 1_000),
      timeNano: at * 1e6,
    };
    this.events.push(event);
    for (const stream of this.#streams) write(stream, event);
  }

  #answer(path: string, reply: ServerResponse): void {
    this.asked.push(path);
    const url = new URL(path, 'http://docker');
    if (this.isHanging) return;
    if (this.instead !== null) this.instead(reply);
    else if (url.pathname === '/containers/json') json(reply, 200, this.#list(url));
    else if (url.pathname === '/events') this.#events(url, reply);
    else this.#inspect(url, reply);
  }

  #inspect(url: URL, reply: ServerResponse): void {
    const id = /^\/containers\/([^/]+)\/json$/.exec(url.pathname)?.[1];
    const found = this.containers.find((each) => each.id === id);
    if (found === undefined || this.vanishing.has(found.id)) {
      json(reply, 404, { message: `No such container: ${id}` });
    } else json(reply, 200, inspected(found));
  }

  #list(url: URL): unknown {
    const { label } = JSON.parse(url.searchParams.get('filters') ?? '{}') as { label: string[] };
    return this.containers
      .filter((each) => {
        const labels: Record<string, string> = labelsOf(each);
        return label.every((wanted) => {
          const [key = '', value] = wanted.split('=');
          return value === undefined ? key in labels : labels[key] === value;
        });
      })
      .map((each) => ({ Id: each.id, Labels: labelsOf(each) }));
  }

  #events(url: URL, reply: ServerResponse): void {
    reply.writeHead(200, { 'content-type': 'application/json' });
    const since = Number(url.searchParams.get('since') ?? Number.POSITIVE_INFINITY) * 1e9;
    const until = url.searchParams.get('until');
    for (const event of this.events) {
      if (event.timeNano >= since && event.timeNano <= Number(until ?? 0) * 1e9) write(reply, event);
    }
    if (until !== null) {
      reply.end();
      return;
    }
    reply.flushHeaders();
    this.#streams.add(reply);
    reply.on('close', () => this.#streams.delete(reply));
  }
}

function labelsOf({ service, project = 'shop', oneoff = false }: FakeContainer) {
  return {
    'com.docker.compose.project': project,
    'com.docker.compose.service': service,
    'com.docker.compose.oneoff': oneoff ? 'True' : 'False',
  };
}

function inspected(container: FakeContainer): unknown {
  const { id, service, restarts = 0, created = 0, image = 'web:1', state = {} } = container;
  return {
    Id: id,
    Name: `/shop-${service}-1`,
    Created: new Date(created).toISOString(),
    RestartCount: restarts,
    State: {
      Status: 'running',
      OOMKilled: false,
      ExitCode: 0,
      StartedAt: new Date(created).toISOString(),
      ...state,
    },
    Config: { Image: image, Labels: labelsOf(container) },
  };
}

function write(reply: ServerResponse, event: unknown): void {
  const line = `${JSON.stringify(event)}\n`;
  reply.write(line.slice(0, 25));
  reply.write(line.slice(25));
}

function json(reply: ServerResponse, status: number, body: unknown): void {
  reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
