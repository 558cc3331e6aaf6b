import { running } from '../core/deployment.ts';
import type { Facts } from '../core/facts.ts';
import type { Judgement } from '../core/judge.ts';
import type { Instant } from '../core/time.ts';
import type { World } from './world.ts';

/** Writes down that the running deployment is good by now, or in new words why it is not yet. */
export async function keepJudgement(
  world: World,
  facts: Facts,
  judgement: Judgement | undefined,
  now: Instant,
): Promise<void> {
  const deployment = running(facts.deployments);
  if (deployment === undefined || judgement === undefined || deployment.ruledBy !== null) return;
  if (judgement.good) {
    const good = { ...deployment, verdict: 'good' as const, verdictAt: now, because: judgement.because };
    await world.store.deployments.putDeployments([good]);
    world.log.info({ environment: facts.environment.name, deployment: deployment.id }, 'known good');
    return;
  }
  const counting = judgement.because.startsWith('baking');
  if (counting ? deployment.because.startsWith('baking') : deployment.because === judgement.because) return;
  const because = counting ? 'baking' : judgement.because;
  await world.store.deployments.putDeployments([{ ...deployment, because }]);
}
