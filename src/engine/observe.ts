import { OutsideError } from '../core/errors.ts';
import type { Reported } from '../core/reported.ts';
import type { Signal, SourceHealth } from '../core/signal.ts';
import type { Instant } from '../core/time.ts';
import type { Observation, SignalSource } from '../ports/signal-source.ts';
import { keepSignals, storeRest } from './keep-signals.ts';
import { announce } from './track.ts';
import type { Place, World } from './world.ts';

/** Looks at every near source side by side, stores what is new and how each source fares. Returns new signals. */
export async function observe(world: World, place: Place, abort: AbortSignal): Promise<number> {
  const near = place.sources.filter((source) => source.poll === undefined);
  const counts = await Promise.all(near.map((source) => look(world, place, source, abort)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** One look at one source: what is new is stored, what fails becomes its health. Returns new signals. */
export async function look(
  world: World,
  place: Place,
  source: SignalSource,
  abort: AbortSignal,
): Promise<number> {
  const started = world.clock.now();
  const labels = { source: source.name };
  world.meter.add('rollbackd_signal_polls_total', labels);
  try {
    // Asking a source on says that all it told is in good hands.
    if (place.standing.unstored.some((each) => each.source === source.name)) await storeRest(world, place);
    const observation = await source.observe(abort);
    const count = await take(world, place, source.name, observation, keepSignals);
    world.meter.observe(
      'rollbackd_signal_poll_duration_seconds',
      labels,
      (world.clock.now() - started) / 1_000,
    );
    return count;
  } catch (thrown) {
    const error = asOutside(thrown, source.name, abort);
    if (error === null) return 0;
    world.meter.add('rollbackd_signal_poll_failures_total', { ...labels, reason: error.reason });
    await keepHealth(world, place, source.name, (health) => ({
      ...health,
      errorsInARow: health.errorsInARow + 1,
      lastError: error.message,
    }));
    return 0;
  }
}

/** Null where we were told to stop; a look that took longer than it may is the source's failure. */
function asOutside(thrown: unknown, source: string, abort: AbortSignal): OutsideError | null {
  const tooLong = abort.reason instanceof DOMException && abort.reason.name === 'TimeoutError';
  if (abort.aborted && tooLong) return new OutsideError(source, 'timeout', 'it did not answer in time');
  if (abort.aborted) return null;
  if (thrown instanceof OutsideError) return thrown;
  throw thrown;
}

/** Stores what was observed; the source's health follows from it. Returns how many signals were new. */
export async function take(
  world: World,
  place: Place,
  source: string,
  observed: Observation,
  keep: typeof keepSignals = keepAtOnce,
): Promise<number> {
  const now = world.clock.now();
  if (observed.catalogue !== null) await world.store.signals.setCatalogue(observed.catalogue);
  const facts = plausible(observed.signals, now);
  const count = facts.length === 0 ? 0 : await keep(world, place, facts);
  const told = await takeReports(world, place, observed.deployments ?? []);
  const evidence = newestEvidence(place, facts, now);
  await keepHealth(world, place, source, (health) => ({
    ...health,
    lastSuccessAt: now,
    lastEvidenceAt:
      evidence === null ? health.lastEvidenceAt : Math.max(evidence, health.lastEvidenceAt ?? 0),
    errorsInARow: 0,
    lastError: null,
  }));
  if (count > 0) world.meter.add('rollbackd_signals_total', { source }, count);
  return count + told;
}

/** What a pipeline pushed is stored as a whole before it is told so. */
function keepAtOnce({ store }: World, _: Place, signals: readonly Signal[]): Promise<number> {
  return store.signals.add(signals);
}

/** Announces what a list of deployments says and nobody else has said; returns how many that were. */
async function takeReports(world: World, place: Place, reports: readonly Reported[]): Promise<number> {
  const seenAt = world.clock.now();
  let count = 0;
  for (const { commit, ...said } of plausible(reports, seenAt)) {
    const facts = await place.repository.find(commit, AbortSignal.timeout(30_000));
    if (facts === undefined) {
      const { name: environment } = place.environment;
      world.log.warn(
        { environment, commit },
        'a deployment of a commit that the remote does not have is not counted',
      );
    } else if (await announce(world, place, { from: 'api', facts, seenAt, ...said })) count += 1;
  }
  return count;
}

/** Clocks of other machines may be ahead by that much; further ahead is no time at which anything was observed. */
const SKEW = 300_000;

/** What claims to be observed at a time that has not come is no fact yet: it would outlast everything that is. */
export function plausible<Timed extends Pick<Signal, 'at'>>(
  signals: readonly Timed[],
  now: Instant,
): readonly Timed[] {
  return signals.filter((each) => each.at <= now + SKEW);
}

function newestEvidence(place: Place, signals: readonly Signal[], now: Instant): Instant | null {
  const times = signals
    .filter((each) => place.evidenceKinds.has(each.kind))
    .map((each) => Math.min(each.at, now));
  return times.length === 0 ? null : times.reduce((newest, at) => Math.max(newest, at));
}

/** How often the store learns that a source is as well as before. */
const STORE_EVERY = 60_000;

async function keepHealth(
  world: World,
  place: Place,
  source: string,
  change: (health: SourceHealth) => SourceHealth,
): Promise<void> {
  const { name } = place.environment;
  const now = world.clock.now();
  const known = await healthOf(world, place, source);
  const value = change(known.value);
  const isNews =
    value.errorsInARow !== known.value.errorsInARow || value.lastEvidenceAt !== known.value.lastEvidenceAt;
  const stores = isNews || now - known.storedAt >= STORE_EVERY;
  place.standing.health.set(source, { value, storedAt: stores ? now : known.storedAt });
  if (stores) await world.store.signals.setHealth(name, value);
  const labels = { source };
  if (value.lastSuccessAt !== null) {
    world.meter.set('rollbackd_signal_last_success_timestamp_seconds', labels, value.lastSuccessAt / 1_000);
  }
  if (value.lastEvidenceAt !== null) {
    world.meter.set('rollbackd_signal_last_evidence_timestamp_seconds', labels, value.lastEvidenceAt / 1_000);
  }
}

async function healthOf(
  world: World,
  place: Place,
  source: string,
): Promise<{ value: SourceHealth; storedAt: number }> {
  const known = place.standing.health.get(source);
  if (known !== undefined) return known;
  const stored = await world.store.signals.health(place.environment.name);
  const since = world.clock.now();
  const fresh = {
    source,
    lastSuccessAt: null,
    lastEvidenceAt: null,
    errorsInARow: 0,
    lastError: null,
    since,
  };
  return { value: stored.find((each) => each.source === source) ?? fresh, storedAt: 0 };
}
