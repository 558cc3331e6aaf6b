import { afterEach, beforeEach, describe } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import { deploymentContract } from './store/deployments.ts';
import { incidentRaceContract } from './store/incident-races.ts';
import { incidentContract } from './store/incidents.ts';
import { outboxContract } from './store/outbox.ts';
import { retentionContract } from './store/retention.ts';
import { signalContract } from './store/signals.ts';
import { switchContract } from './store/switches.ts';

export interface OpenStore {
  readonly store: Store;
  close(): Promise<void>;
}

/** What every store must do, whatever it keeps its state in. */
export function storeContract(name: string, make: () => Promise<OpenStore>): void {
  describe(name, () => {
    let open: OpenStore;
    beforeEach(async () => {
      open = await make();
    });
    afterEach(() => open.close());
    const store = () => open.store;

    signalContract(store);
    deploymentContract(store);
    incidentContract(store);
    incidentRaceContract(make);
    outboxContract(store);
    switchContract(store);
    retentionContract(store);
  });
}
