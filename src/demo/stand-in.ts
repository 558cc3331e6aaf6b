import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

/** One request, as a stand-in answers it. */
export interface StandInRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** What was sent with it; undefined where nothing was. */
  readonly body: unknown;
}

/** 404 where a stand-in has no such page. */
export interface StandInReply {
  readonly status: number;
  readonly body: unknown;
}

/** A small server of JSON on a free port of 127.0.0.1, which lets everybody in. */
export async function startStandIn(
  answer: (request: StandInRequest) => StandInReply | undefined,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer(async (request, response) => {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://stand-in');
    const { method = 'GET' } = request;
    const body: unknown = method === 'GET' ? undefined : await json(request).catch(() => undefined);
    const reply = answer({ method, path, query, body }) ?? { status: 404, body: { message: 'Not Found' } };
    response.writeHead(reply.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reply.body));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
