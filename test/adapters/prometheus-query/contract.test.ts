import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPrometheusSource } from '../../../src/adapters/prometheus-query/index.ts';
import { PROMETHEUS_KINDS } from '../../../src/adapters/prometheus-query/kinds.ts';
import { Secret } from '../../../src/core/secret.ts';
import { signalSourceContract } from '../../contract/signal-source.ts';
import { START } from '../../fakes/facts.ts';

const body = JSON.stringify({
  status: 'success',
  data: { resultType: 'vector', result: [{ metric: { topic: 'orders' }, value: [START / 1_000, '3'] }] },
});

// Whether it gives up on a server that never answers takes three times its ten seconds: shown in test/calls.
signalSourceContract(
  'a Prometheus',
  async () => {
    let isSilent = false;
    const make = () =>
      createServer((_, reply) => {
        if (!isSilent) reply.setHeader('content-type', 'application/json').end(body);
      });
    const listen = (server: Server, port: number) =>
      new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
    const end = (server: Server) => {
      server.closeAllConnections();
      return new Promise<void>((done) => server.close(() => done()));
    };
    let server = make();
    await listen(server, 0);
    const { port } = server.address() as AddressInfo;
    return {
      source: createPrometheusSource({
        name: 'metrics',
        environment: 'production',
        url: `http://127.0.0.1:${port}`,
        user: null,
        password: null,
        token: new Secret('hidden'),
        queries: { lag: 'max(lag) by (topic)' },
        mostSeries: 50,
        poll: 30_000,
        now: () => START,
      }),
      kinds: PROMETHEUS_KINDS,
      now: () => START,
      secrets: ['hidden'],
      vanish: () => end(server),
      comeBack: () => {
        server = make();
        return listen(server, port);
      },
      hang: async () => {
        isSilent = true;
      },
      close: () => end(server),
    };
  },
  'verdict',
);
