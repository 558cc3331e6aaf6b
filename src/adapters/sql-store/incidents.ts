import type { Decision } from '../../core/decision.ts';
import { apply, type Incident, type IncidentEvent } from '../../core/incident.ts';
import type { Change, DecisionEntry, IncidentStore } from '../../ports/store.ts';
import { changeSteps } from './change.ts';
import { incidentStatements } from './incident-statements.ts';
import { type Parts, writeAll, writeCounted } from './parts.ts';

const INCIDENT = {
  table: 'incidents',
  has: [
    'id',
    'environment',
    'version',
    'state',
    'openedAt',
    'changedAt',
    'breaches',
    'plans',
    'steps',
    'ladder',
  ],
};
const EVENT = { table: 'incident_events', has: ['at', 'by', 'type'] };
const DECISION = { table: 'decisions', has: ['do', 'because'] };

export function incidentStore(parts: Parts): IncidentStore {
  const { db, sqlite, group, bodies } = parts;
  const statements = incidentStatements(db);
  const stepsOf = changeSteps(db, statements);
  const read = incidentReader(parts, statements);
  return {
    nextNumber: numbers(parts, statements),
    async commit(change: Change) {
      await group.write({ steps: stepsOf(change), answer: () => undefined });
    },
    async incident(id) {
      return sqlite.all(statements.incident({ id })).flatMap(read)[0];
    },
    async incidents(environment, since) {
      return sqlite.all(statements.incidents({ environment, since })).flatMap(read);
    },
    async list({ environment, since, limit }) {
      const filter = { environment: environment ?? null, since: since ?? null, limit };
      return sqlite.all(statements.list(filter)).flatMap(read);
    },
    async events(id) {
      return bodies.all<IncidentEvent>(sqlite.all(statements.events({ id })), EVENT);
    },
    async rollbacks(environment, since) {
      return sqlite.all(statements.rollbacks({ environment, since }));
    },
    async decided({ key, environment, at, decision }) {
      const row = { key, environment, at, body: JSON.stringify(decision) };
      return (await writeCounted(group, statements.decided(row))) === 1;
    },
    async decisions(environment, limit) {
      return sqlite.all(statements.decisions({ environment, limit })).flatMap((row): DecisionEntry[] => {
        const decision = bodies.one<Decision>(row, DECISION);
        return decision === undefined ? [] : [{ key: row.key, environment, at: row.at, decision }];
      });
    },
  };
}

/**
 * Numbers are given from memory, since nobody else writes this state. Nobody waits for one to be stored: its write is
 * in the queue before that of whatever it is for.
 */
function numbers({ sqlite, group }: Parts, statements: ReturnType<typeof incidentStatements>) {
  let last: number | undefined;
  return async () => {
    last = (last ?? sqlite.all(statements.lastNumber({}))[0]?.value ?? 0) + 1;
    // Where it fails, what waits for the same disk says so; a number that is lost by that is taken by nobody.
    writeAll(group, [statements.number({ value: last })]).catch(() => undefined);
    return last;
  };
}

interface IncidentRow {
  readonly key: string;
  readonly version: number;
  readonly body: string;
}

/** Reads a stored incident; where its row is broken, tells its story again from its events. */
function incidentReader({ sqlite, bodies }: Parts, statements: ReturnType<typeof incidentStatements>) {
  return (row: IncidentRow): readonly Incident[] => {
    const incident = bodies.one<Incident>(row, INCIDENT) ?? retell(row);
    return incident === undefined ? [] : [incident];
  };

  function retell({ key, version }: IncidentRow): Incident | undefined {
    const events = bodies.all<IncidentEvent>(sqlite.all(statements.events({ id: key })), EVENT);
    if (events.length !== version) return undefined;
    try {
      return events.reduce<Incident | undefined>(apply, undefined);
    } catch {
      // The row was reported already; its events make no story either.
      return undefined;
    }
  }
}
