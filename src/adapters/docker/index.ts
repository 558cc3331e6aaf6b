import { setTimeout as sleep } from 'node:timers/promises';
import type { Signal } from '../../core/signal.ts';
import { type Instant, seconds } from '../../core/time.ts';
import type { Observation, SignalSource } from '../../ports/signal-source.ts';
import { createEngine, type Engine } from './engine.ts';
import { actionOf, eventSignal } from './events.ts';
import type { DockerSourceOptions } from './options.ts';
import { Restarts } from './restarts.ts';
import type { Inspected } from './schema.ts';
import { type Seen, stateOf } from './state.ts';

export { examineDocker } from './examine.ts';
export type { DockerSourceOptions } from './options.ts';

/** Watches the containers of one compose project; changes nothing. */
export function createDockerSource(options: DockerSourceOptions): SignalSource {
  return new Source(options);
}

const PROJECT = 'com.docker.compose.project';
const SERVICE = 'com.docker.compose.service';
/** How far back events are asked again, for the clocks of the engine and ours differ. */
const OVERLAP = seconds(5);

class Source implements SignalSource {
  readonly name: string;
  readonly environment: string;
  readonly poll: number;
  readonly #options: DockerSourceOptions;
  readonly #engine: Engine;
  readonly #restarts = new Restarts();
  /** Manual restarts that were counted. */
  #told = new Set<string>();
  readonly #opened: Instant;
  #since: Instant;
  readonly #closing = new AbortController();

  constructor(options: DockerSourceOptions) {
    this.name = options.name;
    this.environment = options.environment;
    this.poll = options.poll;
    this.#options = options;
    this.#engine = createEngine(options.read, options.timeout);
    this.#opened = options.now();
    this.#since = this.#opened;
  }

  async observe(abort: AbortSignal): Promise<Observation> {
    abort.throwIfAborted();
    const now = this.#options.now();
    const found = await this.#containers(abort);
    const events = await this.#events(now, abort);
    const states = this.#services(found).map((service) => {
      const replicas = found
        .filter((each) => each.service === service)
        .map((each) => this.#see(each.container, now));
      return this.#stateSignal(service, stateOf(replicas, now), now);
    });
    this.#restarts.keep(new Set(found.map(({ container }) => container.Id)));
    this.#since = now;
    return { signals: [...events, ...states], catalogue: null };
  }

  /** A stream of events makes the next look come at once; what it misses the next look finds. */
  watch(wake: () => void): () => void {
    const stop = new AbortController();
    void this.#follow(wake, AbortSignal.any([stop.signal, this.#closing.signal]));
    return () => stop.abort();
  }

  async busy(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  async #follow(wake: () => void, abort: AbortSignal): Promise<void> {
    while (!abort.aborted) {
      const tell = (event: Parameters<typeof actionOf>[0]) => actionOf(event) !== undefined && wake();
      // The engine is restarted now and then: the looks tell its absence, here it is only asked again.
      await this.#engine.follow(this.#options.project, tell, abort).catch(() => undefined);
      await sleep(RECONNECT, undefined, { signal: abort }).catch(() => undefined);
    }
  }

  /** A container that disappears between list and inspection is none. One-off jobs (`compose run`) are no service. */
  async #containers(abort: AbortSignal): Promise<readonly { service: string; container: Inspected }[]> {
    const labels = [`${PROJECT}=${this.#options.project}`, 'com.docker.compose.oneoff=False'];
    const listed = await this.#engine.list(labels, abort);
    const inspected = await Promise.all(
      listed.map(async ({ Id, Labels }) => {
        const service = Labels[SERVICE];
        if (service === undefined) return [];
        const container = await this.#engine.inspect(Id, abort);
        return container === undefined ? [] : [{ service, container }];
      }),
    );
    return inspected.flat();
  }

  #services(found: readonly { service: string }[]): readonly string[] {
    const { services } = this.#options;
    return services.length > 0 ? services : [...new Set(found.map((each) => each.service))].sort();
  }

  async #events(now: Instant, abort: AbortSignal): Promise<readonly Signal[]> {
    const since = Math.max(this.#opened, this.#since - OVERLAP);
    const { services, project } = this.#options;
    const events = await this.#engine.events(project, since, now, abort);
    const told = new Set<string>();
    const signals = events.flatMap((event) => {
      const signal = eventSignal(event, this);
      if (signal === undefined || signal.at < this.#opened) return [];
      if (services.length > 0 && !services.includes(signal.subject)) return [];
      told.add(signal.id);
      const isNew = !this.#told.has(signal.id);
      if (isNew && event.Action === 'restart') this.#restarts.restarted(event.Actor.ID, signal.at);
      return [signal];
    });
    this.#told = told;
    return signals;
  }

  #see(container: Inspected, now: Instant): Seen {
    return { container, recentRestarts: this.#restarts.see(container, now) };
  }

  #stateSignal(subject: string, attributes: Signal['attributes'], now: Instant): Signal {
    const { name: source, environment } = this;
    const id = `${source}/docker.container/${subject}/${now}`;
    const fixed = { environment, source, kind: 'docker.container', invocation: null, startedBy: null };
    return { id, ...fixed, subject, at: now, began: now, attributes };
  }
}

const RECONNECT = seconds(1);
