import type { Kysely } from 'kysely';
import { type Incident, isFinal } from '../../core/incident.ts';
import type { Change } from '../../ports/store.ts';
import { deploymentPut, deploymentRow, quarantineInsert, quarantineRow } from './deployments.ts';
import type { Step } from './group-commit.ts';
import type { IncidentStatements } from './incident-statements.ts';
import { noticeInsert, noticeRow } from './outbox.ts';
import type { Tables } from './tables.ts';

/**
 * The steps of one change of one incident. The unique keys of the tables refuse what must not happen twice;
 * nothing here looks first and writes later.
 */
export function changeSteps(
  db: Kysely<Tables>,
  statements: IncidentStatements,
): (change: Change) => readonly Step[] {
  const owe = noticeInsert(db);
  const quarantine = quarantineInsert(db);
  const put = deploymentPut(db);
  return (change) => {
    mustAddUp(change);
    return [
      moved(change, statements),
      ...appended(change, statements),
      ...claims(change, statements),
      ...change.owes.map((notice) => ({ statement: owe(noticeRow(notice)) })),
      ...(change.quarantines === undefined
        ? []
        : [{ statement: quarantine(quarantineRow(change.quarantines)) }]),
      ...(change.condemns === undefined ? [] : [{ statement: put(deploymentRow(change.condemns)) }]),
    ];
  };
}

/** A change whose events do not lead from one version to the other is a mistake of ours. */
function mustAddUp({ incident, expected, events }: Change): void {
  if (events.length > 0 && incident.version === expected + events.length) return;
  const told = `${events.length} events from version ${expected}`;
  throw new Error(`${incident.id}: ${told} cannot lead to version ${incident.version}`);
}

function moved({ incident, expected }: Change, statements: IncidentStatements): Step {
  if (expected === 0) return { statement: statements.open(incidentRow(incident)) };
  return {
    statement: statements.move({ ...incidentRow(incident), expected }),
    orConflict: `${incident.id} is not at version ${expected} any more, or has ended`,
  };
}

function appended({ incident, expected, events }: Change, statements: IncidentStatements): readonly Step[] {
  return events.map((event, index) => ({
    statement: statements.append({
      incident: incident.id,
      version: expected + index + 1,
      at: event.at,
      type: event.type,
      body: JSON.stringify(event),
    }),
  }));
}

/** Releasing comes first: one change may end a plan and start the next. */
function claims(
  { incident, releases, takes, spends, refunds }: Change,
  statements: IncidentStatements,
): readonly Step[] {
  const { id, changedAt } = incident;
  const steps: Step[] = [];
  if (releases !== undefined)
    steps.push({ statement: statements.release({ environment: releases, incident: id }) });
  if (takes !== undefined) {
    steps.push({ statement: statements.take({ environment: takes, incident: id, since: changedAt }) });
  }
  if (spends !== undefined) {
    steps.push({
      statement: statements.spend({ incident: id, environment: spends.environment, at: spends.at }),
    });
  }
  if (refunds === true) steps.push({ statement: statements.refund({ incident: id }) });
  return steps;
}

function incidentRow(incident: Incident) {
  return {
    id: incident.id,
    environment: incident.environment,
    version: incident.version,
    state: incident.state,
    is_open: Number(!isFinal(incident.state)),
    blamed: incident.blamed ?? '',
    opened_at: incident.openedAt,
    changed_at: incident.changedAt,
    body: JSON.stringify(incident),
  };
}

export type IncidentColumns = ReturnType<typeof incidentRow>;
