import type { Instant } from '../../core/time.ts';
import type { Health } from './schema.ts';

/** One part of Airflow, as its health page has it. */
export interface Component {
  readonly component: 'metadatabase' | 'scheduler' | 'triggerer' | 'dag_processor';
  readonly status: 'healthy' | 'unhealthy' | 'not-deployed';
  readonly because: string | null;
  /** Seconds since its last heartbeat by Airflow's own clock; null where it tells none. */
  readonly heartbeatAge: number | null;
}

/**
 * The parts of Airflow that can be judged. A database that is gone makes every other part `unhealthy` too: then it is
 * told alone. A part that the page does not name, or gives a status that is neither of the two known words
 * (`degraded`), is unknown and left out.
 */
export function componentsOf(
  body: Health,
  { generation, at }: { readonly generation: 2 | 3; readonly at: Instant | null },
): readonly Component[] {
  const found = PARTS.flatMap((component) => partOf(component, body, { generation, at }));
  const database = found.find(({ component }) => component === 'metadatabase');
  return database?.status === 'unhealthy' ? [database] : found;
}

const PARTS = ['metadatabase', 'scheduler', 'triggerer', 'dag_processor'] as const;

/** Parts without which no DAG runs; a 3.x has its DAG files read by a process of its own. */
const NEEDED = {
  2: ['metadatabase', 'scheduler'],
  3: ['metadatabase', 'scheduler', 'dag_processor'],
} as const;

function partOf(
  component: Component['component'],
  body: Health,
  { generation, at }: { readonly generation: 2 | 3; readonly at: Instant | null },
): readonly Component[] {
  const part = body[component];
  if (typeof part !== 'object' || part === null || !('status' in part)) return [];
  const beat = (part as Record<string, unknown>)[`latest_${component}_heartbeat`];
  const heartbeatAge = ageOf(beat, at);
  const { status } = part;
  if (status === 'healthy') return [{ component, status, because: null, heartbeatAge }];
  if (status === 'unhealthy') return [{ component, status, because: WHY[component], heartbeatAge }];
  if (status !== null) return [];
  const needed: readonly string[] = NEEDED[generation];
  return needed.includes(component)
    ? [
        {
          component,
          status: 'unhealthy',
          because: `${SAID[component]} runs: ${WITHOUT[component]}`,
          heartbeatAge,
        },
      ]
    : [{ component, status: 'not-deployed', because: null, heartbeatAge: null }];
}

function ageOf(beat: unknown, at: Instant | null): number | null {
  const beatAt = typeof beat === 'string' ? Date.parse(beat) : Number.NaN;
  return at === null || Number.isNaN(beatAt) ? null : Math.max(0, Math.round((at - beatAt) / 1_000));
}

type Part = Component['component'];

const WHY: Readonly<Record<Part, string>> = {
  metadatabase: 'Airflow cannot reach its database',
  scheduler: 'it sends no heartbeat (with SequentialExecutor: also while a task runs)',
  triggerer: 'it sends no heartbeat',
  dag_processor: 'it sends no heartbeat: changed DAG files are not read',
};

const SAID: Readonly<Record<Part, string>> = {
  metadatabase: 'no database',
  scheduler: 'no scheduler',
  triggerer: 'no triggerer',
  dag_processor: 'no DAG processor',
};

const WITHOUT: Readonly<Record<Part, string>> = {
  metadatabase: 'nothing is known',
  scheduler: 'nothing is started',
  triggerer: 'deferred tasks wait',
  dag_processor: 'no DAG file is read',
};
