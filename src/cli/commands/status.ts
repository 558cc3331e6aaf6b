import type { Command } from 'commander';
import type { Deployment } from '../../core/deployment.ts';
import { short } from '../../core/deployment.ts';
import { sayDuration } from '../../core/duration.ts';
import { minutes, seconds } from '../../core/time.ts';
import type { EnvironmentStatus } from '../../ports/control.ts';
import { environmentsOf } from '../api.ts';
import type { Client } from '../client.ts';
import type { ExitCode } from '../io.ts';
import { facts, table, wrap } from '../layout.ts';
import { sayClock, sayLeft, sayMoment } from '../moment.ts';
import { withDaemon, withExample } from '../options.ts';
import { progressOf } from '../progress.ts';
import { type Look, mark, type Shape } from '../shape.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';
import { count, environmentWord, saySpan, verdictWord } from '../words.ts';

const LOOK_EVERY = seconds(5);

interface StatusOptions extends DaemonOptions {
  readonly watch?: true;
}

/** `rollbackd status`: exit code 1 while an incident is open or rollbackd is blind somewhere. */
export function define(command: Command, shell: Shell): void {
  withDaemon(command).option('-w, --watch', 'stay, and say it again when it changes');
  withExample(command, 'status', 'status --watch');
  command.action(async (options: StatusOptions) => {
    const client = await clientFor(shell, options);
    shell.end(options.watch ? await watch(client, shell, options) : await once(client, shell, options));
  });
}

async function once(client: Client, shell: Shell, options: DaemonOptions): Promise<ExitCode> {
  const { json, value } = await environmentsOf(client);
  show(shell, options, { json, lines: renderStatus(value.environments, shell.look, shell.io.now()) });
  return value.environments.some(isWrong) ? 1 : 0;
}

/** Says it anew only when the first line changes; in between one line tells that somebody still looks. */
async function watch(client: Client, shell: Shell, options: DaemonOptions): Promise<ExitCode> {
  const { io, look } = shell;
  const progress = progressOf(io);
  let said = '';
  let code: ExitCode = 0;
  while (!io.abort.aborted) {
    const { json, value } = await environmentsOf(client);
    const states = value.environments.map(({ environment, state, incident, running }) => [
      environment,
      state,
      incident,
      running?.id,
    ]);
    if (JSON.stringify(states) !== said) {
      progress.end();
      show(shell, options, {
        json,
        lines: [...(said === '' ? [] : ['']), ...renderStatus(value.environments, look, io.now())],
      });
    }
    said = JSON.stringify(states);
    code = value.environments.some(isWrong) ? 1 : 0;
    progress.say(`Looked at ${sayClock(io.now())} UTC; nothing else changed. Ctrl-C ends it.`);
    await io.sleep(LOOK_EVERY, io.abort);
  }
  progress.end();
  return code;
}

/** The whole picture, typeset. */
export function renderStatus(environments: readonly EnvironmentStatus[], look: Look, now: number): string[] {
  if (environments.length === 0)
    return ['No environment is configured.', '', 'Next: add one to rollbackd.yaml, then rollbackd check'];
  const columns = ['Environment', 'State', 'Running', 'Last good', 'Next'].map((title) => ({ title }));
  return [
    ...wrap(headline(environments, now), look.columns),
    '',
    ...table(
      columns,
      environments.map((each) => row(each, look, now)),
      look,
    ),
    '',
    ...facts(
      [sourcesLine(environments, look, now), guardsLine(environments), readyLine(environments, look)],
      look,
    ),
    '',
    `Next: ${nextStep(environments)}`,
  ];
}

/** What is most pressing comes first: what needs a person, what is wrong, what is not known, what runs. */
function headline(environments: readonly EnvironmentStatus[], now: number): string {
  const first = mostPressing(environments);
  if (first === undefined) {
    return environments.length === 1
      ? `${environments[0]?.environment} is well.`
      : `All ${environments.length} environments are well.`;
  }
  const { sentence, next } = first;
  const { word } = environmentWord(first.state);
  const isAsked = first.state === 'waiting_approval' || first.state === 'assessing';
  if (!isAsked || next === null) return sentence;
  return `${sentence} It is ${word}: ${sayLeft(next.at, now)}, until ${sayClock(next.at)} UTC.`;
}

const URGENCY: readonly Shape[] = ['needs-person', 'wrong', 'unknown', 'running', 'held', 'not-yet'];

function mostPressing(environments: readonly EnvironmentStatus[]): EnvironmentStatus | undefined {
  for (const shape of URGENCY) {
    const found = environments.find((each) => environmentWord(each.state).shape === shape);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isWrong(status: EnvironmentStatus): boolean {
  return status.incident !== null || environmentWord(status.state).shape === 'unknown';
}

function row(status: EnvironmentStatus, look: Look, now: number): readonly string[] {
  return [
    status.environment,
    stateText(status, look, now),
    runningText(status.running),
    status.lastGood === null ? 'none yet' : short(status.lastGood.commit),
    status.next === null ? '' : `${sayMoment(status.next.at, now)}  ${status.next.what}`,
  ];
}

function stateText({ state, baking, mode }: EnvironmentStatus, look: Look, now: number): string {
  const { shape, word } = environmentWord(state);
  const text = state === 'baking' && baking !== null ? bakingText(baking, now) : word;
  return `${mark(shape, look)} ${text}${mode.mode === 'armed' ? '' : `, ${mode.mode}`}`;
}

function bakingText({ since, until }: { since: number; until: number }, now: number): string {
  const whole = until - since;
  const done = Math.min(whole, Math.max(0, now - since));
  if (whole < minutes(2)) return `baking ${Math.floor(done / 1_000)} of ${Math.round(whole / 1_000)} s`;
  return `baking ${Math.floor(done / 60_000)} of ${Math.round(whole / 60_000)} min`;
}

function runningText(running: Deployment | null): string {
  return running === null ? 'not known' : `${short(running.commit)} ${verdictWord(running.verdict).word}`;
}

function sourcesLine(
  environments: readonly EnvironmentStatus[],
  look: Look,
  now: number,
): readonly [string, string] {
  const sources = environments.flatMap((each) => each.sources);
  // One that could not be read at the last look is none, long before it counts as silent.
  const isLive = (source: (typeof sources)[number]) => source.live && source.lastError === null;
  const live = sources.filter(isLive);
  if (sources.length === 0) return ['Sources', `${mark('unknown', look)} none configured`];
  const newest = Math.max(0, ...sources.map((source) => source.lastSuccessAt ?? 0));
  const heard =
    newest === 0 ? 'none was heard yet' : `last heard ${sayDuration(Math.max(0, now - newest))} ago`;
  const [silent, ...others] = sources.filter((source) => !isLive(source));
  const more = others.length === 0 ? '' : `, and ${others.length} more: rollbackd signals`;
  const why = silent === undefined ? '' : `; ${silent.source}: ${silent.lastError ?? 'silent'}${more}`;
  const shape: Shape = silent === undefined ? 'well' : 'unknown';
  return ['Sources', `${mark(shape, look)} ${live.length} of ${sources.length} live, ${heard}${why}`];
}

function guardsLine(environments: readonly EnvironmentStatus[]): readonly [string, string] {
  const used = environments
    .filter((each) => each.tier === 'production')
    .map(
      ({ budget, environment }) =>
        `${budget.used} of ${count(budget.count, 'rollback')} used in ${saySpan(budget.per)} in ${environment}`,
    );
  return ['Guards', used.length === 0 ? 'no production environment' : used.join('; ')];
}

/** "Could we roll back now?" is answered on every healthy day. */
function readyLine(environments: readonly EnvironmentStatus[], look: Look): readonly [string, string] {
  const texts = environments
    .filter((each) => each.tier === 'production')
    .map(({ environment, readiness }) => {
      const possible = readiness.filter((each) => each.possible).map((each) => each.strategy);
      if (possible.length > 0) return `${mark('well', look)} ${environment} by ${possible.join(' or ')}`;
      const why = readiness[0]?.because ?? 'not checked yet';
      if (readiness.length === 0) return `${mark('unknown', look)} ${environment}: ${why}`;
      if (readiness.some((each) => each.withoutTarget))
        return `${mark('not-yet', look)} ${environment}: ${why}`;
      return `${mark('wrong', look)} ${environment} cannot: ${why}`;
    });
  return [
    'Rollback',
    texts.length === 0 ? `${mark('not-yet', look)} no production environment` : texts.join('\n'),
  ];
}

function nextStep(environments: readonly EnvironmentStatus[]): string {
  const incident =
    mostPressing(environments.filter((each) => each.incident !== null))?.incident ??
    environments.find((each) => each.incident !== null)?.incident;
  if (incident != null) return `rollbackd explain ${incident.id}`;
  if (environments.some((each) => environmentWord(each.state).shape === 'unknown')) return 'rollbackd doctor';
  const shadow = environments.find((each) => each.tier === 'production' && each.mode.mode !== 'armed');
  if (shadow !== undefined)
    return `rollbackd plan --environment ${shadow.environment}, or rollbackd arm ${shadow.environment}`;
  return 'rollbackd deployments';
}
