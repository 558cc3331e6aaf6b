import { storeContract } from '../contract/store.ts';
import { memoryStore } from './memory-store.ts';

storeContract('The store in memory', async () => {
  const store = memoryStore();
  return { store, close: () => store.close() };
});
