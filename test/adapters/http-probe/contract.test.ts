import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpSource } from '../../../src/adapters/http-probe/index.ts';
import { HTTP_KINDS } from '../../../src/adapters/http-probe/kinds.ts';
import { signalSourceContract } from '../../contract/signal-source.ts';
import { START } from '../../fakes/facts.ts';

signalSourceContract(
  'health endpoints',
  async () => {
    let isSilent = false;
    const server = createServer((_, reply) => {
      if (!isSilent) reply.end('{"status":"ok"}');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const there = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
    let url = there;
    return {
      source: createHttpSource({
        name: 'endpoints',
        environment: 'production',
        probes: [
          {
            name: 'console',
            get url() {
              return url;
            },
            method: 'GET',
            headers: () => ({ authorization: 'Bearer hidden' }),
            expects: [[200, 299]],
            timeout: 5_000,
            json: { status: 'ok' },
            contains: null,
            allowPrivate: true,
          },
        ],
        poll: 30_000,
        now: () => START,
      }),
      kinds: HTTP_KINDS,
      now: () => START,
      secrets: ['hidden'],
      // Nothing that listens would be a verdict; a name that nobody knows is none.
      vanish: async () => {
        url = 'http://nowhere.invalid/health?key=hidden';
      },
      comeBack: async () => {
        url = there;
      },
      hang: async () => {
        isSilent = true;
      },
      close: async () => {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      },
    };
  },
  'verdict',
);
