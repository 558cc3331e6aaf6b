import { isFinal } from '../../../src/core/incident.ts';
import { type Change, Conflict, type IncidentStore } from '../../../src/ports/store.ts';
import { oweTo } from './outbox.ts';
import { keyOf, type State, sortedBy } from './state.ts';

export function memoryIncidents(state: State): IncidentStore {
  return {
    async nextNumber() {
      state.given.incidents += 1;
      return state.given.incidents;
    },
    async commit(change) {
      mustAddUp(change);
      refuseConflicts(state, change);
      write(state, change);
    },
    async incident(id) {
      return state.incidents.get(id);
    },
    async incidents(environment, changedSince) {
      return [...state.incidents.values()].filter(
        (each) =>
          each.environment === environment && (!isFinal(each.state) || each.changedAt >= changedSince),
      );
    },
    async list({ environment, since, limit }) {
      const wanted = [...state.incidents.values()].filter(
        (each) =>
          (environment === undefined || each.environment === environment) &&
          (since === undefined || each.openedAt >= since),
      );
      return sortedBy(wanted, (each) => each.openedAt)
        .reverse()
        .slice(0, limit);
    },
    async events(id) {
      return state.events.get(id) ?? [];
    },
    async rollbacks(environment, since) {
      const own = [...state.spent].filter(
        ([, spent]) => spent.environment === environment && spent.at >= since,
      );
      return sortedBy(own, ([, spent]) => spent.at).map(([incident, spent]) => ({ incident, at: spent.at }));
    },
    async decided(entry) {
      if (state.decisions.has(entry.key)) return false;
      state.decisions.set(entry.key, entry);
      return true;
    },
    async decisions(environment, limit) {
      const own = [...state.decisions.values()].filter((entry) => entry.environment === environment);
      return sortedBy(own, (entry) => entry.at)
        .reverse()
        .slice(0, limit);
    },
  };
}

function mustAddUp({ incident, expected, events }: Change): void {
  if (events.length > 0 && incident.version === expected + events.length) return;
  throw new Error(`${incident.id}: the events do not lead to version ${incident.version}`);
}

function refuseConflicts(state: State, { incident, expected, takes, releases }: Change): void {
  const before = state.incidents.get(incident.id);
  if ((before?.version ?? 0) !== expected) throw new Conflict(`${incident.id} is not at version ${expected}`);
  if (before !== undefined && isFinal(before.state) && before.state !== incident.state) {
    throw new Conflict(`${incident.id} has ended`);
  }
  const twin = [...state.incidents.values()].find(
    (each) =>
      each.id !== incident.id &&
      each.environment === incident.environment &&
      each.blamed === incident.blamed &&
      !isFinal(each.state),
  );
  if (twin !== undefined && !isFinal(incident.state)) throw new Conflict(`${twin.id} is open for it`);
  if (takes === undefined) return;
  const holder = state.taken.get(takes);
  const released = releases === takes && holder === incident.id;
  if (holder !== undefined && !released) throw new Conflict(`${takes} is taken by ${holder}`);
}

function write(state: State, change: Change): void {
  const { incident, events, owes, releases, takes, spends, refunds, quarantines, condemns } = change;
  state.incidents.set(incident.id, incident);
  state.events.set(incident.id, [...(state.events.get(incident.id) ?? []), ...events]);
  if (releases !== undefined && state.taken.get(releases) === incident.id) state.taken.delete(releases);
  if (takes !== undefined) state.taken.set(takes, incident.id);
  if (spends !== undefined && !state.spent.has(incident.id)) state.spent.set(incident.id, spends);
  if (refunds === true) state.spent.delete(incident.id);
  if (quarantines !== undefined) {
    state.quarantines.set(keyOf(quarantines.environment, quarantines.version), quarantines);
  }
  if (condemns !== undefined) state.deployments.set(condemns.id, condemns);
  oweTo(state, owes);
}
