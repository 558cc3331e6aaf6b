import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  createClone,
  createRepository,
  createRevertPreflight,
  createWorkTree,
} from './adapters/git/index.ts';
import { createSmtpNotifier } from './adapters/smtp/index.ts';
import { systemClock } from './adapters/system/index.ts';
import type { DoctorCheck } from './cli/io.ts';
import { short } from './core/deployment.ts';
import { OutsideError } from './core/errors.ts';
import { counted } from './core/wording.ts';
import type { Repository } from './ports/repository.ts';
import type { ProcessFacts } from './process-facts.ts';
import { loadSettings } from './settings/load-settings.ts';
import type { EnvironmentSettings, Settings } from './settings/settings.ts';
import { SOURCE_TYPES, typeOfSource } from './source-types.ts';
import { sourcesOf, toolsFor } from './wire-sources.ts';
import { credentialsOf, stateOf } from './wiring.ts';

/** Tries every integration as the daemon would use it, changing nothing, and says what is missing. */
export async function examine(
  { env }: Pick<ProcessFacts, 'env'>,
  config: string,
  abort: AbortSignal,
): Promise<readonly DoctorCheck[]> {
  const { settings, diagnostics } = loadSettings(config, env, SOURCE_TYPES);
  if (settings === undefined) {
    const errors = diagnostics.filter((each) => each.severity === 'error').length;
    const sentence = `${config} has ${errors} ${errors === 1 ? 'error' : 'errors'}`;
    return [{ system: 'settings', shape: 'wrong', sentence, help: ['Run:  rollbackd check'] }];
  }
  const checks: DoctorCheck[] = [
    well('settings', `${config}, ${counted(settings.environments.length, 'environment')}`),
  ];
  checks.push(await state(settings));
  for (const each of settings.environments)
    checks.push(...(await environment(settings, each, { env, abort })));
  for (const name of settings.notifiers.keys()) checks.push(await mail(settings, name, abort));
  return checks;
}

function well(system: string, sentence: string): DoctorCheck {
  return { system, shape: 'well', sentence, help: [] };
}

function wrong(system: string, sentence: string, help: readonly string[] = []): DoctorCheck {
  return { system, shape: 'wrong', sentence, help };
}

async function state(settings: Settings): Promise<DoctorCheck> {
  const { sqlite } = settings.state;
  try {
    await mkdir(dirname(sqlite), { recursive: true, mode: 0o700 });
    await access(dirname(sqlite), constants.W_OK);
    const size = await stat(sqlite).then(
      (file) => `${Math.ceil(file.size / 1024).toLocaleString('en-US')} kB`,
      () => 'made at the first start',
    );
    return well('state', `${sqlite}, ${size}`);
  } catch {
    return wrong('state', `${dirname(sqlite)} cannot be written`, [
      `Run:  install -d -m 700 ${dirname(sqlite)}`,
    ]);
  }
}

async function environment(
  settings: Settings,
  configured: EnvironmentSettings,
  { env, abort }: { env: ProcessFacts['env']; abort: AbortSignal },
): Promise<readonly DoctorCheck[]> {
  const { name, branch, paths } = configured.environment;
  const { git } = settings;
  const clone = createClone({
    remote: configured.repository.remote,
    stateDirectory: stateOf(settings),
    env,
    credentials: credentialsOf(git),
    ...(git.configFile === null ? {} : { config: git.configFile }),
  });
  const repository = createRepository({ clone, branch, paths });
  const checks: DoctorCheck[] = [...(await sources(configured, { settings, repository, env, abort }))];
  try {
    const head = await repository.head(abort);
    checks.push(well('git', `${name}: clone fetched, ${branch} at ${short(head.commit)}`));
    const { problems } = await createRevertPreflight({ clone, branch, paths }).check(
      head.commit,
      head.commit,
      abort,
    );
    checks.push(
      problems.length === 0
        ? well('git', `${name}: a push to ${branch} would be taken`)
        : wrong('git', `${name}: ${problems[0]}, so revert cannot act`, problems.slice(1)),
    );
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    checks.push(wrong('git', `${name}: ${error.message}`, [`Look at: git.* and the remote of ${name}`]));
  }
  if (configured.workTree === null) return checks;
  const stateDirectory = stateOf(settings);
  const tree = createWorkTree({
    ...configured.workTree,
    clone,
    branch,
    paths,
    stateDirectory,
    now: Date.now,
    env,
  });
  return [...checks, await workTree(name, tree, abort)];
}

/** Every source of the environment, tried side by side. */
async function sources(
  configured: EnvironmentSettings,
  {
    settings,
    repository,
    env,
    abort,
  }: { settings: Settings; repository: Repository; env: ProcessFacts['env']; abort: AbortSignal },
): Promise<readonly DoctorCheck[]> {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const needs = { settings, stateDirectory: stateOf(settings), env, repository, clock: systemClock(), log };
  const tools = toolsFor(configured, needs, () => []);
  const tried = sourcesOf(configured, settings).map((source) =>
    typeOfSource(source.type).examine(source, tools, abort),
  );
  return (await Promise.all(tried)).flat();
}

async function workTree(
  name: string,
  tree: ReturnType<typeof createWorkTree>,
  abort: AbortSignal,
): Promise<DoctorCheck> {
  try {
    const { commit } = await tree.observe(abort);
    const { problems, needsApproval, warnings } = await tree.preflight(abort);
    if (problems.length > 0)
      return wrong('work tree', `${name}: ${problems[0]}`, [...problems.slice(1), ...warnings]);
    const [edits] = needsApproval;
    if (edits !== undefined) {
      return { system: 'work tree', shape: 'needs-person', sentence: `${name}: ${edits}`, help: warnings };
    }
    return { ...well('work tree', `${name}: ${tree.path} at ${short(commit)}, clean`), help: warnings };
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return wrong('work tree', `${name}: ${error.message}`);
  }
}

async function mail(settings: Settings, name: string, abort: AbortSignal): Promise<DoctorCheck> {
  const smtp = settings.notifiers.get(name);
  if (smtp === undefined) return { system: 'mail', shape: 'unknown', sentence: 'not configured', help: [] };
  const unmeasured = { add: () => {}, set: () => {}, observe: () => {} };
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const notifier = createSmtpNotifier({
    ...smtp,
    people: settings.people,
    now: Date.now,
    meter: unmeasured,
    log,
  });
  try {
    return well('mail', `${await notifier.verify(abort)}; nothing was sent`);
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return wrong('mail', `${name}: ${error.message}`, [`Look at: notifiers.${name} of the configuration`]);
  }
}
