import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Refusal } from '../core/errors.ts';
import { type AirflowStandIn, startAirflowStandIn } from './airflow-stand-in.ts';
import { connect } from './api.ts';
import { askAboutAirflow } from './ask-about-airflow.ts';
import { startCanary } from './canary.ts';
import { checkStory } from './check-story.ts';
import { freePort } from './free-port.ts';
import { createGit, type Git } from './git.ts';
import { type GitHubStandIn, startGitHubStandIn } from './github-stand-in.ts';
import { holdBack, USUAL } from './hold-back.ts';
import { type Inbox, openInbox } from './inbox.ts';
import { type LeftAlone, leaveAlone, tellSilence } from './leave-alone.ts';
import { createPipeline } from './pipeline.ts';
import { proveGood } from './prove-good.ts';
import { prepareRealDbt, type RealDbt } from './real-dbt.ts';
import { rollBackBad } from './roll-back-bad.ts';
import { rollBackByWorkflow } from './roll-back-by-workflow.ts';
import { buildSandbox, clearSandbox, recordingsOf, type Sandbox, sandboxAt } from './sandbox.ts';
import { PACES } from './sandbox-config.ts';
import type { Stage } from './stage.ts';
import { createTeller, type Teller } from './teller.ts';
import { type Patience, StoryBroken } from './waiting.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What the demo needs of the process and of the daemon. */
export interface DemoOptions {
  /** The package: recordings and rules ship with it. */
  readonly root: string;
  /** The sandbox's own directory; emptied first. */
  readonly directory: string;
  /** Ends when the story is told and checked; otherwise it stays up until it is aborted. */
  readonly once: boolean;
  readonly realDbt: boolean;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly isTerminal: boolean;
  readonly utf8: boolean;
  readonly colour: boolean;
  readonly env: Env;
  readonly abort: AbortSignal;
  readonly nodePath: string;
  readonly startDaemon: (options: {
    readonly configPath: string;
    readonly env: Env;
    readonly quiet: true;
  }) => Promise<{ readonly address: string; stop(): Promise<void> }>;
}

const PORT = 8790;

/** Builds the sandbox, starts the real daemon on it, and tells the story while it happens. 0: all of it is true. */
export async function runDemo(options: DemoOptions): Promise<number> {
  try {
    return await tellAll(options);
  } catch (error) {
    if (options.abort.aborted) return 1;
    if (!(error instanceof StoryBroken) && !(error instanceof Refusal)) throw error;
    if (error instanceof Refusal) {
      options.err(`${error.message}${error.help === null ? '' : ` ${error.help}`}\n`);
      return 1;
    }
    options.err(`\nThe story ends here: ${error.message}.\n`);
    options.err(await lastLines(join(options.directory, 'daemon.log')));
    return 1;
  }
}

/** What is opened is closed in the reverse order, however the story ends. */
async function tellAll(options: DemoOptions): Promise<number> {
  const { directory, env, abort } = options;
  await using closing = new AsyncDisposableStack();
  const real = options.realDbt ? await prepareRealDbt(options) : null;
  await clearSandbox(directory);
  const inbox = await openInbox(sandboxAt(directory).inbox);
  closing.defer(() => inbox.close());
  const airflow = closing.use(await startAirflowStandIn());
  const github = closing.use(await startGitHubStandIn());
  const git = createGit(env);
  const sandbox = await build(options, { inbox, git, real, airflow, github });
  const daemon = await options.startDaemon({ configPath: sandbox.config, env, quiet: true });
  closing.defer(() => daemon.stop());
  const token = (await readFile(join(dirname(sandbox.state), 'cli.token'), 'utf8')).trim();
  const patience: Patience = { within: real === null ? 20_000 : 90_000, abort };
  const teller = createTeller({ ...options, since: Date.now() });
  const stage: Stage = {
    sandbox,
    inbox,
    teller,
    patience,
    airflow,
    github,
    daemon: connect(daemon.address, token, abort),
    pipeline: createPipeline({ sandbox, git, env, abort }),
  };
  const ends = options.once ? '' : '  Ctrl-C ends it.';
  teller.plain(`A sandbox, the real daemon, and three bad commits. It answers at ${daemon.address}${ends}`);
  teller.plain(
    `Armed from the start in ${basename(directory)}/rollbackd.yaml; a real first day begins in shadow.`,
  );
  const told = await tell(stage);
  const isTrue = await check(stage, git, told);
  teller.plain(`\nNext: ${next(options, told.incident, daemon.address)}`);
  if (!options.once) await untilAborted(abort);
  return isTrue ? 0 : 1;
}

interface Around {
  readonly inbox: Inbox;
  readonly git: Git;
  readonly real: RealDbt | null;
  readonly airflow: AirflowStandIn;
  readonly github: GitHubStandIn;
}

async function build(
  { root, directory, nodePath }: DemoOptions,
  { inbox, git, real, airflow, github }: Around,
): Promise<Sandbox> {
  await mkdir(directory, { recursive: true });
  const sandbox = await buildSandbox({
    root,
    directory,
    git,
    node: nodePath,
    smtpPort: inbox.port,
    airflowUrl: airflow.url,
    githubUrl: github.url,
    port: await freePort(PORT),
    pace: real === null ? PACES.recorded : PACES.real,
    dbt: real?.argv ?? [nodePath, join(recordingsOf(root), 'dbt.mjs')],
  });
  await real?.load(sandbox);
  return sandbox;
}

interface Told {
  readonly incident: string;
  readonly leftAlone: LeftAlone;
  /** The incident of the Airflow that was ill for a while. */
  readonly ill: string;
  /** The one that the workflow took back. */
  readonly byWorkflow: string;
  /** The one that was not taken back, so soon after it. */
  readonly heldBack: string;
}

async function tell(stage: Stage): Promise<Told> {
  await proveGood(stage);
  const incident = await rollBackBad(stage);
  const leftAlone = await leaveAlone(stage);
  await using canary = startCanary(stage.daemon, USUAL);
  const ill = await askAboutAirflow(stage);
  const byWorkflow = await rollBackByWorkflow(stage);
  const heldBack = await holdBack(stage, canary);
  await tellSilence(stage, leftAlone.tornAt);
  return { incident, leftAlone, ill, byWorkflow, heldBack };
}

/** Says of each claim whether it holds, and what was found where it does not. */
async function check(stage: Stage, git: Git, told: Told): Promise<boolean> {
  const { sandbox, inbox, teller, github } = stage;
  const checks = await checkStory({
    sandbox,
    git,
    mails: inbox.mails(),
    ...told,
    dispatches: github.dispatches.length,
  });
  teller.plain('\nChecked against git and the store, not against these words:');
  teller.marks(checks.map(({ claim, holds }) => ({ shape: holds ? 'well' : 'wrong', text: claim })));
  for (const { claim, found } of checks.filter((each) => !each.holds)) failed(teller, claim, found);
  return checks.every(({ holds }) => holds);
}

function failed(teller: Teller, claim: string, found: string): void {
  teller.plain(`Not so: ${claim}. Found: ${found}.`);
}

/** What the reader can do with what is left: files, or a daemon that still runs. */
function next({ once, directory }: DemoOptions, incident: string, address: string): string {
  const home = basename(directory);
  if (once) return `read ${home}/reports/${incident}.md, or run it without --once: then the daemon stays up`;
  return `rollbackd explain ${incident} -c ${home}/rollbackd.yaml, or open ${address}/docs`;
}

function untilAborted(abort: AbortSignal): Promise<void> {
  if (abort.aborted) return Promise.resolve();
  return new Promise((resolve) => abort.addEventListener('abort', () => resolve(), { once: true }));
}

/** The end of the daemon's own log, for whoever has to find out why. */
async function lastLines(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines = text
    .trimEnd()
    .split('\n')
    .filter((line) => !line.includes('"msg":"request"'))
    .slice(-12);
  return text === '' ? '' : `The daemon's last words (${path}):\n${lines.join('\n')}\n`;
}
