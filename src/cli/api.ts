import type { Deployment } from '../core/deployment.ts';
import type { Incident, IncidentEvent } from '../core/incident.ts';
import type { DryRun, EnvironmentStatus, PendingAction } from '../ports/control.ts';
import type { DecisionEntry, OutboxEntry } from '../ports/store.ts';
import type { Client } from './client.ts';
import { Failure } from './failure.ts';
import { revive } from './revive.ts';

/** A reply twice: as the API's JSON, for `--output json`, and as the program's types, for people. */
export interface Answer<T> {
  readonly json: unknown;
  readonly value: T;
}

/** An incident in a list. */
export type IncidentLine = Pick<
  Incident,
  | 'id'
  | 'environment'
  | 'state'
  | 'openedAt'
  | 'changedAt'
  | 'title'
  | 'severity'
  | 'impact'
  | 'shadow'
  | 'closedBecause'
> & { readonly final: boolean; readonly needsPerson: boolean };

/** What became of a notice. */
export interface Told {
  readonly kind: string;
  readonly level: string | null;
  readonly to: string;
  readonly via: string;
  readonly state: OutboxEntry['state'];
  readonly deliveredAt: number | null;
  readonly lastError: string | null;
}

/** An incident with its story. */
export interface IncidentStory extends Incident {
  readonly events: readonly IncidentEvent[];
  readonly notifications: readonly Told[];
  readonly pendingActions: readonly PendingAction[];
  readonly blamedDeployment: Deployment | null;
  readonly targetDeployment: Deployment | null;
}

export interface DeploymentList {
  readonly deployments: readonly Deployment[];
}

/** Takes the reply of one route as the type that route gives; a reply without these members is another version's. */
export function answer<T extends object>(json: unknown, members: readonly string[]): Answer<T> {
  const isObject = typeof json === 'object' && json !== null;
  const missing = members.find((member) => !isObject || !(member in json));
  if (missing !== undefined || !isObject) throw otherVersion(missing ?? 'JSON');
  return { json, value: revive(json) as T };
}

export async function environmentsOf(
  client: Client,
): Promise<Answer<{ environments: readonly EnvironmentStatus[] }>> {
  return answer(await client({ path: '/api/v1/environments' }), ['environments']);
}

export async function incidentsOf(
  client: Client,
  filter: { readonly environment?: string; readonly since?: number; readonly limit: number },
): Promise<Answer<{ incidents: readonly IncidentLine[] }>> {
  const query = new URLSearchParams({ limit: String(filter.limit) });
  if (filter.environment !== undefined) query.set('environment', filter.environment);
  if (filter.since !== undefined) query.set('since', new Date(filter.since).toISOString());
  return answer(await client({ path: `/api/v1/incidents?${query}` }), ['incidents']);
}

export async function incidentOf(client: Client, id: string): Promise<Answer<IncidentStory>> {
  const json = await client({ path: `/api/v1/incidents/${encodeURIComponent(id)}` });
  return answer(json, ['id', 'state', 'events', 'pending_actions']);
}

export async function decisionsOf(
  client: Client,
  environment: string,
  limit: number,
): Promise<Answer<{ decisions: readonly DecisionEntry[] }>> {
  const path = `/api/v1/environments/${encodeURIComponent(environment)}/decisions?limit=${limit}`;
  return answer(await client({ path }), ['decisions']);
}

export async function dryRunOf(
  client: Client,
  ask: { readonly environment: string; readonly to: string | null; readonly unproven: boolean },
): Promise<Answer<DryRun>> {
  const body = { environment: ask.environment, to: ask.to, unproven: ask.unproven, dry_run: true };
  return answer(await client({ method: 'POST', path: '/api/v1/rollbacks', body, timeout: 120_000 }), [
    'possible',
  ]);
}

/** Does one of the things a person can do with an incident, and gives the incident after it. */
export async function actOn(
  client: Client,
  id: string,
  verb: string,
  body: object,
): Promise<Answer<IncidentLine>> {
  const path = `/api/v1/incidents/${encodeURIComponent(id)}/${verb}`;
  return answer(await client({ method: 'POST', path, body, key: crypto.randomUUID() }), ['id', 'state']);
}

function otherVersion(missing: string): Failure {
  return new Failure(
    `The daemon's reply has no "${missing}": it is another version than this command line.`,
    ['Compare: rollbackd --version, and rollbackd_build_info under /metrics'],
  );
}
