import { bears } from '../core/bears.ts';
import type { Signal } from '../core/signal.ts';
import type { Place, World } from './world.ts';

/**
 * Stores what a look brought. Where something bears on a decision, it alone is waited for: the rest, which says what was
 * said before, is at hand in memory, and stored after the turn (`storeRest`). Returns how many were new.
 */
export async function keepSignals(world: World, place: Place, signals: readonly Signal[]): Promise<number> {
  const { rules } = world.policy();
  const { memory, standing } = place;
  const newest = ({ kind, subject }: Signal) => memory.of(kind, subject)?.signals.at(-1);
  const { true: urgent = [], false: rest = [] } = Object.groupBy(signals, (each) =>
    bears(each, newest(each), rules) ? 'true' : 'false',
  );
  if (urgent.length === 0 || rest.length === 0) return world.store.signals.add(signals);
  const held = memory.hold(rest);
  standing.unstored.push(...held);
  return (await world.store.signals.add(urgent)) + held.length;
}

/**
 * Stores what waited for the turn. A crash before it loses nothing: no source was asked again, so that it tells the same
 * under the same ids. Rejects with OutsideError where the store failed; then it waits on.
 */
export async function storeRest(world: World, { standing }: Place): Promise<void> {
  const rest = standing.unstored.splice(0);
  if (rest.length === 0) return;
  try {
    await world.store.signals.add(rest);
  } catch (error) {
    standing.unstored.unshift(...rest);
    throw error;
  }
}
