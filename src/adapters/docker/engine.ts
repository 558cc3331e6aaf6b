import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import * as z from 'zod';
import { OutsideError } from '../../core/errors.ts';
import { type Duration, type Instant, seconds } from '../../core/time.ts';
import { failureOf, statusOf } from './failure.ts';
import { readLines } from './lines.ts';
import { Event, Inspected, Listed } from './schema.ts';

/** The calls to one Docker engine that change nothing. Every error is an OutsideError of `docker`. */
export interface Engine {
  /** Containers with these labels, whether they run or not. */
  list(labels: readonly string[], abort: AbortSignal): Promise<readonly Listed[]>;
  /** Undefined where the container is gone meanwhile. */
  inspect(id: string, abort: AbortSignal): Promise<Inspected | undefined>;
  /** What happened to containers of a project since then; what the engine does not have any more is missing. */
  events(project: string, since: Instant, until: Instant, abort: AbortSignal): Promise<readonly Event[]>;
  /** Calls `tell` for each event until the connection ends or is aborted. */
  follow(project: string, tell: (event: Event) => void, abort: AbortSignal): Promise<void>;
}

/** Connects to nothing yet. The API is asked without a version, so that old and new engines answer. */
export function createEngine(address: string, timeout: Duration = seconds(10)): Engine {
  const docker = new Docker(reachedBy(address));

  const reached = { address, timeout };

  return {
    list: (label, abort) =>
      call(
        reached,
        Listed,
        (abortSignal) => docker.listContainers({ all: true, filters: { label: [...label] }, abortSignal }),
        abort,
      ),
    async inspect(id, abort) {
      try {
        return await call(
          reached,
          Inspected,
          (abortSignal) => docker.getContainer(id).inspect({ abortSignal }),
          abort,
        );
      } catch (error) {
        if (error instanceof OutsideError && statusOf(error.cause) === 404) return undefined;
        throw error;
      }
    },
    events(project, since, until, abort) {
      const asked = { ...filtersOf(project), since: since / 1_000, until: until / 1_000 };
      return call(
        reached,
        z.array(Event),
        async (abortSignal) => {
          const found: Event[] = [];
          const stream = (await docker.getEvents({ ...asked, ...{ abortSignal } })) as Readable;
          await readLines(stream, (line) => found.push(...eventOf(line)), abortSignal);
          return found;
        },
        abort,
      );
    },
    async follow(project, tell, abort) {
      const asked = { ...filtersOf(project), abortSignal: abort };
      const stream = (await docker.getEvents(asked)) as Readable;
      await readLines(stream, (line) => eventOf(line).forEach(tell), abort);
    },
  };
}

interface Reached {
  readonly address: string;
  readonly timeout: Duration;
}

/** One call within its time. It is raced against its end, for a reply that breaks off is not told by the client. */
async function call<T>(
  reached: Reached,
  shape: z.ZodType<T>,
  work: (abortSignal: AbortSignal) => Promise<unknown>,
  abort: AbortSignal,
): Promise<T> {
  abort.throwIfAborted();
  const signal = AbortSignal.any([abort, AbortSignal.timeout(reached.timeout)]);
  try {
    const read = shape.safeParse(await orAborted(work(signal), signal));
    if (read.success) return read.data;
    const because = `${reached.address} answers, but not as a Docker engine does`;
    throw new OutsideError('docker', 'unexpected-reply', because);
  } catch (error) {
    abort.throwIfAborted();
    throw failureOf(error, reached);
  }
}

function reachedBy(address: string): Docker.DockerOptions {
  const url = /^(?:tcp|https?):\/\//.test(address) ? URL.parse(address.replace(/^tcp:/, 'http:')) : null;
  if (url === null) return { socketPath: address.replace(/^unix:\/\//, '') };
  const isSecure = url.protocol === 'https:';
  const port = Number(url.port) || (isSecure ? 2376 : 2375);
  return { protocol: isSecure ? 'https' : 'http', host: url.hostname, port };
}

function filtersOf(project: string): { filters: { type: ['container']; label: string[] } } {
  return { filters: { type: ['container'], label: [`com.docker.compose.project=${project}`] } };
}

/** A line that is no event is none: newer engines may say more than is known here. */
function eventOf(line: string): readonly Event[] {
  try {
    const read = Event.safeParse(JSON.parse(line));
    return read.success ? [read.data] : [];
  } catch {
    return [];
  }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', stop));
}
