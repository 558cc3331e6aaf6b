import { expect } from 'vitest';
import { createSqlServerSource } from '../../../src/adapters/sql-server/index.ts';
import { SQL_SERVER_KINDS } from '../../../src/adapters/sql-server/kinds.ts';
import { signalSourceContract } from '../../contract/signal-source.ts';
import { stage } from './stage.ts';

signalSourceContract('SQL Server', async () => {
  const { options, server } = await stage({ server: { timeout: 400 } });
  return {
    source: createSqlServerSource(options),
    kinds: SQL_SERVER_KINDS,
    now: options.now,
    secrets: [options.server.password.reveal()],
    vanish: async () => {
      await server.refuse(true);
      server.dropAll();
    },
    comeBack: () => server.refuse(false),
    hang: async () => {
      server.hush(true);
      server.dropAll();
    },
    connections: async () => {
      // Closed here, it is seen there a moment later.
      await expect.poll(() => server.connections).toBe(0);
      return server.connections;
    },
    close: () => server.close(),
  };
});
