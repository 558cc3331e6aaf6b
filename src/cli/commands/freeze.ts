import { type Command, Option } from 'commander';
import type { Freeze } from '../../core/facts.ts';
import type { Duration } from '../../core/time.ts';
import { answer } from '../api.ts';
import { wrongUsage } from '../failure.ts';
import { wrap } from '../layout.ts';
import { sayLeft, sayMoment } from '../moment.ts';
import { durationOption, withDaemon, withExample } from '../options.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';

interface FreezeOptions extends DaemonOptions {
  readonly for?: Duration;
  readonly until?: string;
  readonly reason: string;
}

/** `rollbackd freeze ENV --for 2h --reason ...`; without an end it lasts until it is lifted. */
export function define(command: Command, shell: Shell): void {
  command.argument('<environment>');
  withDaemon(command)
    .addOption(
      new Option('--for <duration>', 'how long, such as 2h').argParser(durationOption).conflicts('until'),
    )
    .option('--until <moment>', 'until when, such as 2026-11-24T06:00Z')
    .requiredOption('-r, --reason <text>', 'why; it is shown to whoever is stopped by it');
  withExample(command, 'freeze production --for 2h --reason "month-end close"');
  command.action(async (environment: string, options: FreezeOptions) => freeze(environment, shell, options));
}

async function freeze(environment: string, shell: Shell, options: FreezeOptions): Promise<void> {
  const { io, look } = shell;
  const until = endOf(options, io.now());
  const client = await clientFor(shell, options);
  const body = {
    environment,
    until: until === null ? null : new Date(until).toISOString(),
    reason: options.reason,
  };
  const { json, value } = answer<Freeze>(
    await client({ method: 'POST', path: '/api/v1/freezes', body, key: crypto.randomUUID() }),
    ['id', 'until'],
  );
  const end =
    value.until === null
      ? 'until it is lifted'
      : `until ${sayMoment(value.until, io.now())} UTC, ${sayLeft(value.until, io.now())}`;
  const sentence = `${environment} is frozen ${end}: nothing is deployed and nothing is rolled back.`;
  show(shell, options, {
    json,
    lines: [...wrap(sentence, look.columns), '', `Next: rollbackd unfreeze ${value.id}`],
  });
}

function endOf({ for: duration, until }: FreezeOptions, now: number): number | null {
  if (duration !== undefined) return now + duration;
  if (until === undefined) return null;
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(until);
  const at = isMoment ? Date.parse(until) : Number.NaN;
  if (Number.isNaN(at))
    throw wrongUsage(`"${until}" is no moment.`, 'Write it with its zone, like 2026-11-24T06:00Z');
  if (at <= now) throw wrongUsage(`"${until}" is over.`, 'A freeze ends in the future');
  return at;
}
