import * as z from 'zod';
import { decisionEntryReply } from '../http/representation/decision.ts';
import { environmentReply } from '../http/representation/environment.ts';
import { incidentLineReply } from '../http/representation/incident.ts';
import { incidentViewReply } from '../http/representation/incident-view.ts';
import { StoryBroken } from './waiting.ts';

export type EnvironmentSeen = z.infer<typeof environmentReply>;
export type IncidentSeen = z.infer<typeof incidentViewReply>;
export type DecisionSeen = z.infer<typeof decisionEntryReply>;

/** The files that a dbt command leaves. */
export interface DbtArtifacts {
  readonly runResults: Buffer;
  readonly manifest: Buffer;
}

/** The daemon as anybody with a token sees it: over HTTP. Throws StoryBroken where it does not answer as documented. */
export interface DaemonApi {
  environment(name: string): Promise<EnvironmentSeen>;
  /** The newest incident of an environment. */
  newestIncident(environment: string): Promise<string | undefined>;
  incident(id: string): Promise<IncidentSeen>;
  /** What was decided outside any incident, newest first. */
  decisions(environment: string): Promise<readonly DecisionSeen[]>;
  report(id: string): Promise<string>;
  /** Announces a deployment, as a deploy job does. */
  announce(environment: string, commit: string, state: 'started' | 'succeeded'): Promise<void>;
  /** Hands over what dbt left, as a deploy job does. */
  push(environment: string, left: DbtArtifacts): Promise<void>;
  /** Says how long a query took just now, ms. */
  latency(environment: string, query: string, value: number): Promise<void>;
  /** Pushes a run_results.json; returns why it was refused, undefined where it was not. */
  refusalOf(environment: string, runResults: Buffer): Promise<string | undefined>;
}

const problem = z.object({ detail: z.string().optional(), title: z.string() });

/** Talks to the daemon at an address, with a token, as a person. */
export function connect(address: string, token: string, abort: AbortSignal): DaemonApi {
  const ask = async (
    path: string,
    init: Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Response> => {
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    const signal = AbortSignal.any([abort, AbortSignal.timeout(10_000)]);
    return fetch(new URL(path, address), { ...init, headers, signal });
  };
  const post = async (path: string, said: unknown): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    await sound(ask(path, { method: 'POST', body: JSON.stringify(said), headers }), path);
  };
  const get = async <T>(path: string, shape: z.ZodType<T>): Promise<T> =>
    shape.parse(await (await sound(ask(path), path)).json());
  return {
    environment: (name) => get(`/api/v1/environments/${name}`, environmentReply),
    async newestIncident(environment) {
      const found = await get(
        `/api/v1/incidents?environment=${environment}&limit=1`,
        z.object({ incidents: z.array(incidentLineReply) }),
      );
      return found.incidents[0]?.id;
    },
    incident: (id) => get(`/api/v1/incidents/${id}`, incidentViewReply),
    async decisions(environment) {
      const shape = z.object({ decisions: z.array(decisionEntryReply) });
      return (await get(`/api/v1/environments/${environment}/decisions?limit=50`, shape)).decisions;
    },
    report: async (id) => (await sound(ask(`/api/v1/incidents/${id}/report`), 'the report')).text(),
    announce: (environment, commit, state) =>
      post('/api/v1/deployments', { environment, state, commit, at: new Date().toISOString() }),
    async push(environment, { runResults, manifest }) {
      const body = new FormData();
      body.set('environment', environment);
      body.set('run_results', new Blob([new Uint8Array(runResults)]), 'run_results.json');
      body.set('manifest', new Blob([new Uint8Array(manifest)]), 'manifest.json');
      await sound(ask('/api/v1/dbt/artifacts', { method: 'POST', body }), "dbt's artifacts");
    },
    latency: (environment, subject, value) =>
      post('/api/v1/signals', {
        ...{ environment, source: 'canary', kind: 'sql.latency', subject },
        ...{ at: new Date().toISOString(), attributes: { value } },
      }),
    async refusalOf(environment, runResults) {
      const body = new FormData();
      body.set('environment', environment);
      body.set('run_results', new Blob([new Uint8Array(runResults)]), 'run_results.json');
      const response = await ask('/api/v1/dbt/artifacts', { method: 'POST', body });
      if (response.ok) return undefined;
      const said = problem.parse(await response.json());
      return said.detail ?? said.title;
    },
  };
}

async function sound(asked: Promise<Response>, what: string): Promise<Response> {
  const response = await asked;
  if (response.ok) return response;
  throw new StoryBroken(`the daemon answered ${response.status} to ${what}: ${await response.text()}`);
}
