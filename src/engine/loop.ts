import { OutsideError } from '../core/errors.ts';
import { type Duration, seconds } from '../core/time.ts';
import type { SignalSource } from '../ports/signal-source.ts';
import { storeRest } from './keep-signals.ts';
import { observe } from './observe.ts';
import { pollSource } from './poll.ts';
import { checkReadiness, READINESS_EVERY, standBy } from './readiness.ts';
import { FETCH_EVERY, track } from './track.ts';
import { turn } from './turn.ts';
import type { Place, World } from './world.ts';

/** How often a plan under way looks at the outside world. */
const BUSY_REST: Duration = 200;
/** A wall clock that moves further than this between two turns has jumped. */
const JUMP: Duration = seconds(30);

/** A bell that can be rung at any time; ringing it twice before it is heard is ringing it once. */
export class Bell {
  #rung = false;
  #hear: (() => void) | null = null;
  /** What the ring was about: the remote too, or only what lies near. */
  deep = false;

  ring(deep = false): void {
    this.#rung = true;
    this.deep ||= deep;
    this.#hear?.();
  }

  /** Resolves when it rings, after the rest, or when aborted; true when it rang. */
  async wait(world: World, rest: Duration, abort: AbortSignal): Promise<boolean> {
    if (!this.#rung) {
      const waking = new AbortController();
      const stop = () => waking.abort();
      abort.addEventListener('abort', stop, { once: true });
      this.#hear = stop;
      await world.clock.sleep(rest, waking.signal);
      this.#hear = null;
      abort.removeEventListener('abort', stop);
    }
    const rang = this.#rung;
    this.#rung = false;
    return rang;
  }
}

/**
 * One loop per environment, which sleeps between its turns and therefore cannot overlap itself: a slow turn
 * skips ticks, it does not queue them. A wake-up that is lost costs latency, never correctness.
 */
export async function run(world: World, place: Place, bell: Bell, abort: AbortSignal): Promise<void> {
  const near = place.sources.filter((source) => source.poll === undefined);
  const closers = near.map((source) => source.watch(() => bell.ring()));
  const polling = place.sources.flatMap((source) =>
    isPolled(source) ? [pollSource(world, place, { source, bell }, abort)] : [],
  );
  let isBroken = false;
  const polled = Promise.all(polling);
  polled.catch(() => {
    isBroken = true;
    bell.ring();
  });
  try {
    while (!abort.aborted && !isBroken) {
      const deep = bell.deep;
      bell.deep = false;
      await stoppable(once(world, place, deep, abort), abort);
      if (place.standing.turns === 1) bell.ring(true); // Ready by what lies near; the remote is asked right after.
      await bell.wait(world, await restOf(world, place), abort);
    }
  } finally {
    for (const close of closers) close();
  }
  await polled;
}

function isPolled(source: SignalSource): source is SignalSource & { readonly poll: Duration } {
  return source.poll !== undefined;
}

/** A turn that is told to stop may do so by throwing that: it is nobody's fault, and the next one looks again. */
async function stoppable(turn: Promise<void>, abort: AbortSignal): Promise<void> {
  try {
    await turn;
  } catch (error) {
    if (!abort.aborted || error !== abort.reason) throw error;
  }
}

/** One look at the outside, and one turn. */
export async function once(world: World, place: Place, deep: boolean, abort: AbortSignal): Promise<void> {
  const now = world.clock.now();
  const { standing, environment } = place;
  noticeJump(world, place, now);
  const [changed] = await Promise.all([
    look(world, place, deep || (standing.turns > 0 && now - standing.headAt >= FETCH_EVERY), abort),
    observe(world, place, abort),
  ]);
  if (changed) place.standing.readinessAt = 0;
  await turn(world, place, abort);
  await storeRest(world, place).catch((error: unknown) => {
    if (!(error instanceof OutsideError)) throw error; // The next look tries again before it asks anybody.
  });
  standing.lastTurnAt = world.clock.now();
  standing.turns += 1;
  world.meter.observe(
    'rollbackd_evaluation_cycle_duration_seconds',
    { environment: environment.name },
    (standing.lastTurnAt - now) / 1_000,
  );
  countMissed(world, place, standing.lastTurnAt - now);
  if (changed || now - standing.readinessAt >= READINESS_EVERY) await checkReadiness(world, place, abort);
  await standBy(world, place, abort);
}

/** A slow turn skips ticks, it does not queue them: how many, is counted. */
function countMissed(world: World, { environment, standing }: Place, took: Duration): void {
  const missed = Math.floor(took / standing.rest);
  if (missed < 1) return;
  world.meter.add('rollbackd_evaluation_cycles_missed_total', { environment: environment.name }, missed);
}

async function look(world: World, place: Place, deep: boolean, abort: AbortSignal): Promise<boolean> {
  try {
    return await track(world, place, deep, abort);
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    if (deep) place.standing.headAt = world.clock.now();
    if (!abort.aborted) {
      world.log.warn(
        { environment: place.environment.name, system: error.system, error: error.message },
        'cannot see what runs',
      );
    }
    return false;
  }
}

async function restOf(world: World, place: Place): Promise<Duration> {
  const incidents = await world.store.incidents.incidents(place.environment.name, world.clock.now());
  const busy = incidents.some((each) => each.state === 'acting' || each.state === 'verifying');
  return busy ? BUSY_REST : place.standing.rest;
}

/** Deadlines are instants: after a jump of the wall clock they are compared with the new time, and it is said. */
function noticeJump(world: World, place: Place, now: number): void {
  const passed = now - place.standing.lastTurnAt;
  if (place.standing.lastTurnAt !== 0 && passed < -JUMP) {
    world.meter.add('rollbackd_clock_jump_seconds_total', {}, Math.abs(passed) / 1_000);
    world.log.warn({ seconds: Math.round(passed / 1_000) }, 'the clock went backwards');
  }
}
