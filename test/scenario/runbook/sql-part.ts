import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSqlServerSource } from '../../../src/adapters/sql-server/index.ts';
import { Secret } from '../../../src/core/secret.ts';
import { minutes } from '../../../src/core/time.ts';
import { answer, healthy, ORDERS, type World } from '../../adapters/sql-server/stage.ts';
import { startTdsServer } from '../../fakes/tds/index.ts';
import type { OpenPart } from './part.ts';
import { directory } from './parts.ts';

const CANARY = {
  name: 'gold-orders',
  query: { text: 'SELECT COUNT(*) AS n FROM gold.orders' },
  database: 'shop',
  timeout: 2_000,
};

/** A SQL Server that speaks TDS to the real client; `ill` gets what it says and its time. */
export function sqlServer(ill: (world: World, now: number) => void): OpenPart {
  return async (stage) => {
    const world = healthy();
    const quick = ({ sql }: { sql: string }) =>
      sql.includes('FROM gold.orders') ? { delay: 15 } : undefined;
    world.says = quick;
    world.counts = [['gold', 'orders', 12_840]];
    const users = { watcher: 'right horse' };
    const server = await startTdsServer({ answer: (query) => answer(world, query), users });
    const kept = directory();
    writeFileSync(join(kept.path, 'ca.pem'), server.ca);
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const source = createSqlServerSource({
      name: 'sql-prod',
      environment: stage.environment.name,
      poll: minutes(1),
      directory: join(kept.path, 'state'),
      server: {
        host: 'localhost',
        port: server.port,
        user: 'watcher',
        password: new Secret('right horse'),
        encrypt: true,
        trustServerCertificate: false,
        caFile: join(kept.path, 'ca.pem'),
        timeout: 5_000,
      },
      databases: ['shop'],
      canaries: [CANARY],
      rows: { relations: null, views: 'skip', viewsTimeout: 1_000, mayBeEmpty: [] },
      freshness: [],
      freshnessClock: 'utc',
      queryStore: { enabled: false, minExecutions: 10, top: 50 },
      suspectPages: true,
      relations: async () => [ORDERS],
      severity: () => 'critical',
      now: () => stage.now,
      log,
    });
    return {
      source,
      tick() {
        world.ahead = stage.now - Date.now();
      },
      ill: () => ill(world, stage.now),
      async close() {
        await server.close();
        await kept.remove();
      },
    };
  };
}
