import { isoTime } from '../core/clock-face.ts';
import { narrateEnvironment } from '../core/narrate-environment.ts';
import type { World } from './world.ts';

/** A configuration that was refused is told: everybody goes on believing in a file that is not in force. */
export async function tellReload(world: World, problems: string): Promise<void> {
  const now = world.clock.now();
  const environment = [...world.places.keys()].join(', ');
  const key = `reload/${isoTime(now)}`;
  const news = { kind: 'reload-failed', key, problems } as const;
  await world.store.outbox.owe(narrateEnvironment(news, { environment, policy: world.policy(), now }));
}
