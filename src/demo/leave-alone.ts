import { decidedAbout } from './prove-good.ts';
import { BAD } from './sandbox.ts';
import { deploy, nameOf, nextTurn, run, SOURCES, type Stage } from './stage.ts';
import { StoryBroken, waitFor } from './waiting.ts';

/** What was left alone, to be checked afterwards. */
export interface LeftAlone {
  /** Key of the decision about the test that failed before. */
  readonly decision: string;
  /** When the results were torn: nothing of production was stored since. */
  readonly tornAt: number;
  /** The incident of development, which is watched and no more. */
  readonly watched: string;
}

/** Third act: three things that look like trouble, and roll nothing back. */
export async function leaveAlone(stage: Stage): Promise<LeftAlone> {
  stage.teller.title('Three things that must not roll anything back');
  const decision = await failingBefore(stage);
  const tornAt = await unreadable(stage);
  const watched = await notProduction(stage);
  return { decision, tornAt, watched };
}

/** A harmless commit, and a test that failed under everything before it. */
async function failingBefore(stage: Stage): Promise<string> {
  const message = 'docs(gold): say who reads the daily revenue';
  const described = (text: string) =>
    text.replace(
      '  - name: gold_daily_revenue\n',
      '  - name: gold_daily_revenue\n    description: Read by finance every morning.\n',
    );
  await stage.pipeline.commit('production', 'dbt/models/gold/gold.yml', described, message);
  await deploy(stage, 'production');
  const ran = await run(stage, 'production');
  const [subject] = ran.failed;
  if (subject === undefined)
    throw new StoryBroken('no test fails, and one should have failed from the first day');
  const { key, at, decision } = await decidedAbout(stage, subject, ran.startedAt);
  const text = `left alone: ${decision.because} (${nameOf(subject)})`;
  stage.teller.line({ at: Date.parse(at), shape: 'not-yet', stage: 'decide', text });
  return key;
}

/** Half a file in place of the results: asked by push, the daemon says at once why it reads nothing in it. */
async function unreadable(stage: Stage): Promise<number> {
  const tornAt = Date.now();
  const torn = await stage.pipeline.tear('production');
  const why = await stage.daemon.refusalOf('production', torn);
  if (why === undefined) throw new StoryBroken('the daemon took half a file for evidence');
  await nextTurn(stage, 'production');
  const text = `unknown: ${why.replace(/\.$/, '')}; nothing is decided on it`;
  stage.teller.line({ at: tornAt, shape: 'unknown', stage: 'decide', text });
  return tornAt;
}

/** The commit that was rolled back in production fails in development as well. */
async function notProduction(stage: Stage): Promise<string> {
  await stage.pipeline.push('development', BAD);
  await deploy(stage, 'development');
  await run(stage, 'development');
  const incident = await waitFor(
    'the daemon to decide about development',
    async () => {
      const id = await stage.daemon.newestIncident('development');
      const seen = id === undefined ? undefined : await stage.daemon.incident(id);
      return seen?.state === 'open' ? undefined : seen;
    },
    stage.patience,
  );
  const { title, state, decision } = incident;
  if (state !== 'monitoring') throw new StoryBroken(`${incident.id} in development became ${state}`);
  const text = `left alone: development is not production (${decision?.because})`;
  stage.teller.line({ at: Date.parse(incident.changed_at), shape: 'not-yet', stage: 'decide', text });
  stage.teller.reason('watched', `${incident.id}: ${title}`);
  return incident.id;
}

/** Last act: nothing readable came of production since: people are told once, and it is neither health nor a reason to act. */
export async function tellSilence(stage: Stage, since: number): Promise<void> {
  const { daemon, inbox, teller, patience } = stage;
  teller.title('One that is not seen');
  const source = SOURCES.production;
  const { sentence } = await waitFor(
    `${source} to be found silent`,
    async () => {
      const status = await daemon.environment('production');
      return status.state === 'blind' ? status : undefined;
    },
    { ...patience, within: 2 * patience.within },
  );
  await waitFor(
    `the mail about the silent ${source}`,
    () => inbox.mails().find((each) => each.at > since && each.subject.includes('silent')),
    patience,
  );
  const text = `${sentence.replace(/\.$/, '')}; people were told once, and nothing is decided on silence`;
  teller.line({ at: Date.now(), shape: 'unknown', stage: 'observe', text });
}
