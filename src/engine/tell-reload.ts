import type { World } from './world.ts';
export async function tellReload(world: World, problems: string): Promise<void> {
  world.log.error({ problems }, 'reload failed');
}
