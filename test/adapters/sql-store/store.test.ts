import { openSqliteStore } from '../../../src/adapters/sql-store/index.ts';
import { storeContract } from '../../contract/store.ts';

storeContract('The store in SQLite', async () => {
  const store = await openSqliteStore({ path: ':memory:', now: () => 0 });
  return { store, close: () => store.close() };
});
