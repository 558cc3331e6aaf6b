import type { Command } from 'commander';
import { sayDuration } from '../../core/duration.ts';
import { seconds } from '../../core/time.ts';
import type { SeenSource, SeenSubject } from '../../ports/control.ts';
import { answer } from '../api.ts';
import type { Client } from '../client.ts';
import { table, wrap } from '../layout.ts';
import { sayClock } from '../moment.ts';
import { countOption, withDaemon, withExample } from '../options.ts';
import { progressOf } from '../progress.ts';
import { type Look, mark, type Shape } from '../shape.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';

const LOOK_EVERY = seconds(5);

interface SignalsOptions extends DaemonOptions {
  readonly environment?: string;
  readonly limit: number;
  readonly follow?: true;
}

/** `rollbackd signals`: what each source saw last, how old it is, and which rules look at it. */
export function define(command: Command, shell: Shell): void {
  withDaemon(command)
    .option('-e, --environment <name>', 'of this environment only')
    .option('--limit <count>', 'at most so many of each source', countOption, 20)
    .option('-f, --follow', 'stay, and say what is new');
  withExample(command, 'signals --environment production', 'signals --follow');
  command.action(async (options: SignalsOptions) => {
    const client = await clientFor(shell, options);
    await (options.follow ? follow(client, shell, options) : once(client, shell, options));
  });
}

async function ask(client: Client, { environment, limit }: SignalsOptions) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (environment !== undefined) query.set('environment', environment);
  return answer<{ sources: readonly SeenSource[] }>(await client({ path: `/api/v1/signals?${query}` }), [
    'sources',
  ]);
}

async function once(client: Client, shell: Shell, options: SignalsOptions): Promise<void> {
  const { json, value } = await ask(client, options);
  show(shell, options, { json, lines: renderSignals(value.sources, shell.look, shell.io.now()) });
}

/** First everything, then each signal as it comes, one line each. */
async function follow(client: Client, shell: Shell, options: SignalsOptions): Promise<void> {
  const { io, look } = shell;
  const progress = progressOf(io);
  const known = new Map<string, number>();
  let isFirst = true;
  while (!io.abort.aborted) {
    const { json, value } = await ask(client, { ...options, limit: 500 });
    const fresh = value.sources.flatMap((source) =>
      source.subjects
        .filter((each) => (known.get(keyOf(source, each)) ?? 0) < each.at)
        .map((each) => ({ source, each })),
    );
    for (const { source, each } of fresh) known.set(keyOf(source, each), each.at);
    if (fresh.length > 0) {
      progress.end();
      const lines = isFirst
        ? renderSignals(value.sources, look, io.now())
        : fresh.map(({ source, each }) => newLine(source, each, look));
      show(shell, options, { json, lines });
    }
    isFirst = false;
    progress.say(`Looked at ${sayClock(io.now())} UTC; nothing else is new. Ctrl-C ends it.`);
    await io.sleep(LOOK_EVERY, io.abort);
  }
  progress.end();
}

function keyOf({ environment, source }: SeenSource, { kind, subject }: SeenSubject): string {
  return [environment, source, kind, subject].join('\n');
}

function newLine({ source }: SeenSource, each: SeenSubject, look: Look): string {
  const { shape, word } = judged(each);
  return `${sayClock(each.at)}  ${mark(shape, look)}  ${source}  ${each.kind}  ${each.subject}  ${figureOf(each)}  ${word}`;
}

/** Every source with its newest signals; what a rule objects to comes first. */
export function renderSignals(sources: readonly SeenSource[], look: Look, now: number): string[] {
  if (sources.length === 0) {
    return ['No source is configured.', '', 'Next: add one to rollbackd.yaml, then rollbackd doctor'];
  }
  const columns = ['Signal', 'Subject', 'Value', 'Age', 'Rules'].map((title) => ({ title }));
  return [
    ...wrap(headline(sources), look.columns),
    ...sources.flatMap((source) => [
      '',
      ...wrap(sourceLine(source, look, now), look.columns),
      ...(source.subjects.length === 0
        ? []
        : table(
            columns,
            source.subjects.map((each) => row(each, look, now)),
            look,
          )),
    ]),
    '',
    'Next: rollbackd explain ENVIRONMENT, for what was decided on it; rollbackd doctor, for a source that is silent',
  ];
}

function headline(sources: readonly SeenSource[]): string {
  const ill = sources.filter(({ errorsInARow }) => errorsInARow > 0).map(({ source }) => source);
  const breached = sources.flatMap(({ subjects }) =>
    subjects.filter((each) => judged(each).shape === 'wrong'),
  );
  const heard = ill.length === 0 ? 'Every source answers' : `${ill.join(', ')} cannot be read now`;
  return `${heard}; rules object to ${breached.length === 0 ? 'nothing' : breached.length} of what was seen.`;
}

function sourceLine({ environment, source, ...health }: SeenSource, look: Look, now: number): string {
  const { lastError, lastSuccessAt, errorsInARow, total, subjects } = health;
  const more = total > subjects.length ? `, the first ${subjects.length} of ${total}` : '';
  if (errorsInARow > 0) {
    const since = lastSuccessAt === null ? 'never read' : `last read ${sayDuration(now - lastSuccessAt)} ago`;
    return `${mark('unknown', look)} ${environment} ${source}: ${lastError ?? 'it cannot be read'} (${since})${more}`;
  }
  const read = lastSuccessAt === null ? 'not read yet' : `read ${sayDuration(now - lastSuccessAt)} ago`;
  return `${mark(lastSuccessAt === null ? 'not-yet' : 'well', look)} ${environment} ${source}: ${read}${more}`;
}

function row(each: SeenSubject, look: Look, now: number): readonly string[] {
  const { shape, word } = judged(each);
  const age = sayDuration(Math.max(0, now - each.at));
  return [each.kind, each.subject, figureOf(each), age, `${mark(shape, look)} ${word}`];
}

/** What most people look at first: the status, else the number. */
function figureOf({ attributes }: SeenSubject): string {
  const { status, value, action, severity } = attributes;
  const first = [status, typeof value === 'number' ? Math.round(value * 10) / 10 : value, action, severity];
  return first.filter((each) => each !== undefined && each !== null && each !== '').join(', ');
}

function judged({ rules }: SeenSubject): { readonly shape: Shape; readonly word: string } {
  const named = (is: SeenSubject['rules'][number]['is']) => rules.filter((each) => each.is === is);
  const [breached] = named('breached');
  if (breached !== undefined) return { shape: 'wrong', word: `${breached.rule} (${breached.because})` };
  const [unknown] = named('unknown');
  if (unknown !== undefined) return { shape: 'unknown', word: `${unknown.rule}: ${unknown.because}` };
  if (rules.length === 0) return { shape: 'not-yet', word: 'no rule looks at it' };
  return { shape: 'well', word: rules.length === 1 ? (rules[0]?.rule ?? '') : `${rules.length} rules` };
}
