import type { Deployment } from '../../../src/core/deployment.ts';
import { isFinal } from '../../../src/core/incident.ts';
import { KEPT_LEVELS, KEPT_WHOLE, logOf, SLOT, sampleOf } from '../../../src/core/series.ts';
import type { Signal } from '../../../src/core/signal.ts';
import type { Store } from '../../../src/ports/store.ts';
import { keyOf, type State, sortedBy } from './state.ts';

/** What the real one keeps and deletes; without its roll-ups by day, which no port shows. */
export function memoryRetention(state: State): Store['retain'] {
  return async (now, keep) => {
    const before = now - keep.history;
    deleteFrom(state.levels, (each) => each.at < now - KEPT_LEVELS);
    return (
      rollUpMeasurements(state, now - Math.min(keep.signals, KEPT_WHOLE)) +
      deleteSignals(state, now - keep.signals) +
      deleteFrom(state.announcements, (each) => each.at < before && each.seenAt < before) +
      deleteDeployments(state, before) +
      deleteIncidents(state, before) +
      deleteFrom(state.notices, (each) => each.state !== 'owed' && each.notice.owedAt < before) +
      deleteFrom(state.decisions, (each) => each.at < before) +
      deleteFrom(state.freezes, (each) => each.until !== null && each.until < before) +
      deleteFrom(state.allowed, (each) => each.at < before) +
      deleteFrom(state.remembered, (each) => each.at < before) +
      deleteAudits(state, before)
    );
  };
}

function deleteFrom<T>(map: Map<string, T>, old: (value: T) => boolean): number {
  const size = map.size;
  for (const [key, value] of map) if (old(value)) map.delete(key);
  return size - map.size;
}

function deleteSignals(state: State, before: number): number {
  const isOverdue = overdue(state, before);
  return deleteFrom(state.signals, ({ value }) => isOverdue(value));
}

/** Of measurements their levels stay. */
function rollUpMeasurements(state: State, before: number): number {
  const isOverdue = overdue(state, before);
  return deleteFrom(state.signals, ({ value }) => {
    const sample = sampleOf(value);
    if (sample === undefined || !isOverdue(value)) return false;
    const { environment, kind, subject } = value;
    const at = sample.at - (sample.at % SLOT);
    const key = keyOf(environment, kind, subject, at);
    const { count, mean } = state.levels.get(key) ?? { count: 0, mean: 0 };
    const sum = count * mean + logOf(sample.value);
    state.levels.set(key, { environment, kind, subject, at, count: count + 1, mean: sum / (count + 1) });
    return true;
  });
}

function overdue(state: State, before: number): (signal: Signal) => boolean {
  const instants = new Map<string, number[]>();
  const subjectOf = ({ environment, kind, subject }: Signal) => keyOf(environment, kind, subject);
  for (const { value } of state.signals.values()) {
    const key = subjectOf(value);
    instants.set(key, [...(instants.get(key) ?? []), value.at]);
  }
  const third = new Map([...instants].map(([key, list]) => [key, list.sort((a, b) => b - a)[2]]));
  return (signal) => {
    const limit = third.get(subjectOf(signal));
    return limit !== undefined && signal.at < before && signal.at < limit;
  };
}

function deleteDeployments(state: State, before: number): number {
  const goodOf = (environment: string): Deployment | undefined => {
    const good = [...state.deployments.values()].filter(
      (each) => each.environment === environment && each.verdict === 'good',
    );
    return sortedBy(good, (each) => -each.sequence)[2];
  };
  const limits = new Map(
    [...state.deployments.values()].map(({ environment }) => [
      environment,
      goodOf(environment)?.sequence ?? 0,
    ]),
  );
  return deleteFrom(
    state.deployments,
    (each) =>
      each.endedAt !== null && each.endedAt < before && each.sequence < (limits.get(each.environment) ?? 0),
  );
}

function deleteIncidents(state: State, before: number): number {
  const holders = new Set(state.taken.values());
  for (const incident of state.incidents.values()) {
    if (!isFinal(incident.state) || incident.changedAt >= before || holders.has(incident.id)) continue;
    state.events.delete(incident.id);
    state.spent.delete(incident.id);
  }
  return deleteFrom(
    state.incidents,
    (each) => isFinal(each.state) && each.changedAt < before && !holders.has(each.id),
  );
}

function deleteAudits(state: State, before: number): number {
  const old = [...state.audits].filter((entry) => entry.at < before);
  for (const entry of old) state.audits.delete(entry);
  return old.length;
}
