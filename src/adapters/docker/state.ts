import type { Signal } from '../../core/signal.ts';
import type { Instant } from '../../core/time.ts';
import { plain } from '../../core/wording.ts';
import type { Inspected } from './schema.ts';

/** One container as it is, and how often it was restarted lately. */
export interface Seen {
  readonly container: Inspected;
  readonly recentRestarts: number;
}

/** The state of a service, told by the worst of its containers; `missing` without any. */
export function stateOf(replicas: readonly Seen[], now: Instant): Signal['attributes'] {
  const [worst] = replicas.toSorted((a, b) => badness(b) - badness(a) || b.recentRestarts - a.recentRestarts);
  if (worst === undefined) return { status: 'missing', health: 'none', recent_restarts: 0 };
  const { State, RestartCount, Config, Name } = worst.container;
  const runs = State.Status === 'running';
  const started = Date.parse(State.StartedAt);
  return {
    status: State.Status,
    health: healthOf(worst.container),
    restarts: RestartCount,
    recent_restarts: Math.max(...replicas.map((each) => each.recentRestarts)),
    exit_code: runs || State.Status === 'created' ? null : State.ExitCode,
    oom_killed: State.OOMKilled,
    image: plain(Config.Image),
    container: plain(Name.replace(/^\//, '')),
    uptime_seconds: runs && started > 0 ? Math.max(0, Math.round((now - started) / 1_000)) : null,
  };
}

/** A container that does not run still shows the health that it had: that counts no more. */
function healthOf({ State }: Inspected): string {
  const said = State.Status === 'running' ? State.Health?.Status : undefined;
  return said === 'starting' || said === 'healthy' || said === 'unhealthy' ? said : 'none';
}

function badness({ container }: Seen): number {
  const { Status, ExitCode } = container.State;
  if (Status === 'exited') return ExitCode === 0 ? 5 : 9;
  if (Status !== 'running') return BADNESS[Status];
  return { unhealthy: 6, starting: 1 }[healthOf(container)] ?? 0;
}

const BADNESS = { dead: 10, restarting: 8, removing: 4, paused: 7, created: 3 } as const;
