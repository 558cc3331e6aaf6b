import type { Store } from '../../src/ports/store.ts';
import { memoryDeployments } from './memory-store/deployments.ts';
import { memoryIncidents } from './memory-store/incidents.ts';
import { memoryOutbox } from './memory-store/outbox.ts';
import { memoryRetention } from './memory-store/retention.ts';
import { memorySignals } from './memory-store/signals.ts';
import { emptyState } from './memory-store/state.ts';
import { memorySwitches } from './memory-store/switches.ts';

/** The whole store in memory, with the meanings of the real one; a backup has nowhere to go. */
export function memoryStore(): Store {
  const state = emptyState();
  return {
    signals: memorySignals(state),
    deployments: memoryDeployments(state),
    incidents: memoryIncidents(state),
    outbox: memoryOutbox(state),
    switches: memorySwitches(state),
    retain: memoryRetention(state),
    written: async () => undefined,
    backup: async () => undefined,
    close: async () => undefined,
  };
}
