import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { inDirectory } from './directory.ts';
import { startAlertmanager, startPrometheus } from './peers.ts';

const TRIALS = 15;
const PATIENCE = 15_000;

/** How long the peers take from a failure to their webhook, ms. */
export interface PeerTimes {
  /** A failure that an exporter shows, by Prometheus at 1 s / 1 s and Alertmanager at 0 s. */
  readonly scraped: readonly number[];
  /** A failure that is posted to Alertmanager itself. */
  readonly posted: readonly number[];
}

/** Prometheus and Alertmanager, set as tight as people run them. Null: not installed. */
export function requestInPrometheus(say: (text: string) => void): Promise<PeerTimes | null> {
  return inDirectory(async (directory) => {
    const hook = await createHook();
    const failing = new Set<number>();
    const exporter = await serve((_body, reply) => reply(exposition(failing)));
    const alertmanager = await startAlertmanager(directory, hook.url);
    const prometheus =
      alertmanager === null
        ? null
        : await startPrometheus(directory, {
            interval: '1s',
            rules: 'groups: [{ name: bench, rules: [{ alert: Failed, expr: "trial_failed == 1" }] }]\n',
            exporter: exporter.address,
            alertmanager: new URL(alertmanager.url).host,
          });
    try {
      if (alertmanager === null || prometheus === null) return null;
      await sleep(3_000);
      const times = { scraped: [] as number[], posted: [] as number[] };
      for (let trial = 1; trial <= TRIALS; trial += 1) {
        say(`Prometheus and Alertmanager, trial ${trial} of ${TRIALS}`);
        // At any point between two scrapes.
        await sleep(Math.random() * 1_000);
        times.scraped.push(await hook.after(`scraped-${trial}`, () => void failing.add(trial)));
        times.posted.push(await hook.after(`posted-${trial}`, () => post(alertmanager.url, trial)));
      }
      return times;
    } finally {
      await Promise.all([prometheus?.stop(), alertmanager?.stop()]);
      hook.close();
      exporter.close();
    }
  });
}

function exposition(failing: ReadonlySet<number>): string {
  const trials = Array.from({ length: TRIALS }, (_, index) => index + 1);
  return trials
    .map((each) => `trial_failed{trial="scraped-${each}"} ${failing.has(each) ? 1 : 0}\n`)
    .join('');
}

async function post(url: string, trial: number): Promise<void> {
  await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ labels: { alertname: 'Posted', trial: `posted-${trial}` } }]),
  });
}

/** A webhook that says when a trial arrives. */
async function createHook() {
  const awaited = new Map<string, () => void>();
  const server = await serve((body, reply) => {
    for (const [trial, arrive] of awaited) if (body.includes(`"${trial}"`)) arrive();
    reply('');
  });
  return {
    url: `http://${server.address}/`,
    close: server.close,
    async after(trial: string, fail: () => void | Promise<void>): Promise<number> {
      const began = performance.now();
      const arrived = new Promise<number>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${trial} did not arrive`)), PATIENCE);
        awaited.set(trial, () => {
          clearTimeout(late);
          awaited.delete(trial);
          resolve(performance.now() - began);
        });
      });
      const [took] = await Promise.all([arrived, fail()]);
      return took;
    },
  };
}

async function serve(take: (body: string, reply: (text: string) => void) => void) {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    request.on('end', () => take(body, (text) => response.end(text)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { address: `127.0.0.1:${address.port}`, close };
}
