// Sends requests as fast as they are answered: load.mjs '{"port":..,"connections":32,"seconds":4,...}'
import { createHmac, randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  /** Signs each request as Standard Webhooks say; null: unsigned. */
  readonly secret: string | null;
  readonly sends: 'signal' | 'alert';
}

export interface Load {
  readonly answered: number;
  readonly refused: number;
  /** s */
  readonly took: number;
  /** ms */
  readonly p50: number;
  readonly p99: number;
}

const options = JSON.parse(process.argv[2] ?? '') as LoadOptions;
const latencies: number[] = [];
const run = randomUUID();
let refused = 0;
let count = 0;

const began = performance.now();
const until = began + options.seconds * 1_000;
await Promise.all(Array.from({ length: options.connections }, () => talk()));
const took = (performance.now() - began) / 1_000;
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
const load: Load = { answered: latencies.length, refused, took, p50: at(0.5), p99: at(0.99) };
process.stdout.write(JSON.stringify(load));

/** One connection: the next request once the last one is answered. */
function talk(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(options.port, '127.0.0.1');
    let sent = 0;
    let answer = '';
    const next = () => {
      if (performance.now() >= until) {
        socket.end();
        resolve();
        return;
      }
      sent = performance.now();
      send(socket);
    };
    socket.setNoDelay(true);
    socket.once('connect', next);
    socket.once('error', reject);
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      if (!isWhole(answer)) return;
      if (answer.startsWith('HTTP/1.1 2')) latencies.push(performance.now() - sent);
      else refused += 1;
      answer = '';
      next();
    });
  });
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /content-length: (\d+)/i.exec(answer.slice(0, end))?.[1];
  return answer.length >= end + 4 + Number(length ?? 0);
}

function send(socket: Socket): void {
  count += 1;
  const body = options.sends === 'signal' ? signal(count) : alert(count);
  const headers = options.secret === null ? '' : signed(body, options.secret);
  socket.write(
    `POST ${options.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`,
  );
}

function signed(body: string, secret: string): string {
  const id = `${run}-${count}`;
  const timestamp = Math.floor(Date.now() / 1_000);
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return `webhook-id: ${id}\r\nwebhook-timestamp: ${timestamp}\r\nwebhook-signature: v1,${signature}\r\n`;
}

/** 1,000 subjects, each of which says again that it is well. */
function signal(number: number): string {
  return JSON.stringify({
    environment: 'production',
    source: 'bench',
    kind: 'dbt.test',
    subject: `test.shop.not_null_gold_orders_${number % 1_000}`,
    at: new Date().toISOString(),
    invocation: run,
    attributes: {
      status: 'pass',
      severity: 'critical',
      failures: 0,
      layer: 'gold',
      tags: ['nightly'],
      trial: number,
    },
  });
}

function alert(number: number): string {
  return JSON.stringify([
    {
      labels: {
        alertname: 'test_failed',
        severity: 'critical',
        subject: `not_null_gold_orders_${number % 1_000}`,
      },
      annotations: { summary: `trial ${number} of ${run}` },
      startsAt: new Date().toISOString(),
    },
  ]);
}
