import { short } from '../core/deployment.ts';
import type { DecisionSeen } from './api.ts';
import { GOOD } from './sandbox.ts';
import { nameOf, run, type Stage, sayRun, seeDeployment } from './stage.ts';
import { waitFor } from './waiting.ts';

/** First act: what runs from the beginning is baked and proven good. */
export async function proveGood(stage: Stage): Promise<void> {
  const { teller, daemon, patience } = stage;
  teller.title('A good deployment is proven');
  await seeDeployment(stage, 'production', GOOD);
  const ran = await run(stage, 'production');
  const baking = 'baking for 3 s, an hour in real life';
  teller.line({ at: ran.generatedAt, shape: 'running', stage: 'observe', text: `${sayRun(ran)}; ${baking}` });
  for (const subject of ran.failed) {
    await decidedAbout(stage, subject, ran.startedAt);
    teller.reason('known', `${nameOf(subject)} fails from the first day: noted, and blamed on nothing`);
  }
  // While production bakes: what the others ran before the story needs it.
  await run(stage, 'development');
  await daemon.announce('warehouse', GOOD, 'succeeded');
  await run(stage, 'warehouse');
  const good = await waitFor(
    `${short(GOOD)} to be found good`,
    async () => {
      const { running } = await daemon.environment('production');
      return running?.verdict === 'good' ? running : undefined;
    },
    patience,
  );
  const at = Date.parse(good.verdict_at ?? '') || Date.now();
  teller.line({ at, shape: 'well', stage: 'judge', text: `${short(GOOD)} is known good` });
  teller.reason('because', good.because);
}

/** The decision outside any incident about a subject, made since then. */
export function decidedAbout(stage: Stage, subject: string, since: number): Promise<DecisionSeen> {
  return waitFor(
    `a decision about ${nameOf(subject)}`,
    async () => {
      const decisions = await stage.daemon.decisions('production');
      return decisions.find(
        (each) => each.decision.trace?.subject === subject && Date.parse(each.at) >= since,
      );
    },
    stage.patience,
  );
}
