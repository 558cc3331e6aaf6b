import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { minutes } from '../../core/time.ts';
import type { ArtifactsReceipt } from '../../ports/control.ts';
import { answer } from '../api.ts';
import { Failure, wrongUsage } from '../failure.ts';
import type { CliIo } from '../io.ts';
import { withDaemon, withExample } from '../options.ts';
import { mark } from '../shape.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';
import { count } from '../words.ts';

interface PushOptions extends DaemonOptions {
  readonly environment: string;
  readonly source?: string;
  readonly runResults?: string;
  readonly manifest?: string;
  readonly sources?: string;
}

/** `rollbackd push`: the artifacts of one dbt invocation; the same ones again are a duplicate, not an error. */
export function define(command: Command, shell: Shell): void {
  withDaemon(command)
    .requiredOption('-e, --environment <name>', 'where dbt ran')
    .option('--source <name>', 'where an environment has several dbt sources')
    .option('--run-results <file>', 'run_results.json, gzipped or not')
    .option('--manifest <file>', 'manifest.json, gzipped or not')
    .option('--sources <file>', 'sources.json, gzipped or not');
  withExample(
    command,
    'push --environment production --run-results target/run_results.json --manifest target/manifest.json',
  );
  command.action(async (options: PushOptions) => push(shell, options));
}

async function push(shell: Shell, options: PushOptions): Promise<void> {
  const files = [
    ['run_results', options.runResults],
    ['manifest', options.manifest],
    ['sources', options.sources],
  ] as const;
  if (files.every(([, path]) => path === undefined))
    throw wrongUsage('push needs a file to send.', 'Such as --run-results target/run_results.json');
  const form = new FormData();
  form.set('environment', options.environment);
  if (options.source !== undefined) form.set('source', options.source);
  for (const [name, path] of files) {
    if (path !== undefined) form.set(name, await fileOf(shell.io, path), basename(path));
  }
  const client = await clientFor(shell, options);
  const path = '/api/v1/dbt/artifacts';
  const { json, value } = answer<ArtifactsReceipt>(
    await client({ method: 'POST', path, body: form, timeout: minutes(5) }),
    ['signals'],
  );
  show(shell, options, { json, lines: [sayReceipt(value, shell), '', 'Next: rollbackd status'] });
}

function sayReceipt(
  { invocation, signals, duplicate, noEvidence }: ArtifactsReceipt,
  { look }: Shell,
): string {
  const what = invocation === null ? 'The artifacts' : `Invocation ${invocation}`;
  if (duplicate) return `${mark('not-yet', look)} ${what} was known before; nothing was counted twice.`;
  if (noEvidence !== null)
    return `${mark('unknown', look)} ${what} was taken, and is no evidence: ${noEvidence}.`;
  return `${mark('well', look)} ${what} brought ${count(signals, 'signal')}.`;
}

async function fileOf(io: CliIo, path: string): Promise<Blob> {
  try {
    return new Blob([new Uint8Array(await io.readFile(resolve(io.cwd, path)))]);
  } catch (error) {
    const why =
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? 'is not there'
        : 'cannot be read';
    throw new Failure(`${path} ${why}.`, ['dbt writes it to target/ at the end of a run']);
  }
}
