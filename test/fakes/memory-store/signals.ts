import type { SignalStore } from '../../../src/ports/store.ts';
import { keyOf, type State, sortedBy } from './state.ts';

export function memorySignals(state: State): SignalStore {
  return {
    async add(signals) {
      const before = state.signals.size;
      for (const value of signals) {
        if (state.signals.has(value.id)) continue;
        state.given.signals += 1;
        state.signals.set(value.id, { sequence: state.given.signals, value });
      }
      return state.signals.size - before;
    },
    async after(environment, sequence, limit) {
      const later = [...state.signals.values()].filter(
        (stored) => stored.value.environment === environment && stored.sequence > sequence,
      );
      return sortedBy(later, (stored) => stored.sequence).slice(0, limit);
    },
    async levels(environment) {
      const own = [...state.levels.values()].filter((each) => each.environment === environment);
      return sortedBy(own, (each) => each.at).map(({ environment: _, ...level }) => level);
    },
    async setCatalogue(catalogue) {
      state.catalogues.set(keyOf(catalogue.environment, catalogue.source), catalogue);
    },
    async catalogues(environment) {
      const own = [...state.catalogues.values()].filter((catalogue) => catalogue.environment === environment);
      return own.sort((a, b) => (a.source < b.source ? -1 : 1));
    },
    async setHealth(environment, health) {
      state.health.set(keyOf(environment, health.source), { environment, health });
    },
    async health(environment) {
      const own = [...state.health.values()].filter((each) => each.environment === environment);
      return own.map((each) => each.health).sort((a, b) => (a.source < b.source ? -1 : 1));
    },
  };
}
