import { type Instant, minutes } from '../../core/time.ts';
import type { Inspected } from './schema.ts';

const RECENT = minutes(10);

/** How often containers were restarted within ten minutes, by what their engine counts and what people did. */
export class Restarts {
  readonly #known = new Map<string, { count: number; times: Instant[] }>();

  /** Takes the engine's own count of what its restart policy did. */
  see({ Id, Created, RestartCount }: Inspected, now: Instant): number {
    const known = this.#known.get(Id);
    const isYoung = now - Date.parse(Created) <= RECENT;
    // Of a container that was there before us nobody knows when it was restarted.
    const before = known?.count ?? (isYoung ? 0 : RestartCount);
    const times = known?.times ?? [];
    for (let more = Math.min(RestartCount - before, MOST); more > 0; more -= 1) times.push(now);
    const recent = times.filter((at) => now - at <= RECENT).slice(-MOST);
    this.#known.set(Id, { count: RestartCount, times: recent });
    return recent.length;
  }

  /** Somebody restarted it, which the engine does not count. */
  restarted(id: string, at: Instant): void {
    this.#known.get(id)?.times.push(at);
  }

  /** Forgets the containers that are there no more. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id);
  }
}

const MOST = 1_000;
