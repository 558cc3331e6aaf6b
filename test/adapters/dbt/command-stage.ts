import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import {
  createDbtCommand,
  type DbtArtifacts,
  type DbtCommandOptions,
} from '../../../src/adapters/dbt/index.ts';
import type { StepContext } from '../../../src/ports/actuator.ts';
import { never, silent, temporary } from './setting.ts';

export const FAKES = join(import.meta.dirname, '../../fakes');
export const KEY = 'INC-7/1/4-dbt.run';

type Setting = Partial<Omit<DbtCommandOptions, 'envFile'>> & {
  readonly argv?: readonly string[];
  readonly executable?: string;
  readonly envFile?: string;
};

/** A dbt that does what it is told, and the command that runs it. */
export function staged(plan: string, { argv = ['build'], ...setting }: Setting = {}) {
  const [root, cwd] = [temporary(), temporary()];
  const dir = join(root, 'steps');
  const envFile = setting.envFile ?? join(root, 'env');
  const journal = join(root, 'journal');
  const delivered: { artifacts: DbtArtifacts; key: string }[] = [];
  const write = (what: string) =>
    writeFileSync(
      envFile,
      `# for dbt\nexport DB_PASSWORD='hunter2 "x"'\nFAKE_DBT=${what}\nFAKE_DBT_JOURNAL="${journal}"\n`,
    );
  if (setting.envFile === undefined) write(plan);
  const executable = setting.executable ?? fakeDbt(root);
  const command = createDbtCommand({
    dir,
    cwd,
    modelErrorsUnderTarget: async () => new Set(),
    deliver: async (artifacts, key) => void delivered.push({ artifacts, key }),
    log: silent,
    ...setting,
    envFile,
  });
  const input = { environment: 'production', argv: [executable, ...argv], toVersion: 'tree' };
  const check = (key = KEY) => command.check(input, contextOf(key), never);
  onTestFinished(() => command.stop(KEY));
  return {
    command,
    dir,
    cwd,
    envFile,
    executable,
    delivered,
    check,
    plan: write,
    start: (key = KEY, abort = never) => command.start(input, contextOf(key), abort),
    async ended(key = KEY) {
      await expect.poll(async () => (await check(key)).is, { timeout: 10_000 }).not.toBe('running');
      return check(key);
    },
    seen: (): { argv: string[]; cwd: string; env: Record<string, string>; pid: number }[] =>
      existsSync(journal)
        ? readFileSync(journal, 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line))
        : [],
    process: (): { pid: number } =>
      JSON.parse(readFileSync(join(dir, 'INC-7_1_4-dbt%2erun', 'process.json'), 'utf8')),
  };
}

/** An executable that is called dbt. */
function fakeDbt(root: string): string {
  const path = join(root, 'dbt');
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${join(FAKES, 'dbt.ts')}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

export function contextOf(key: string): StepContext {
  return { key, incident: 'INC-7', environment: 'production', startedAt: 0, outputs: {}, endedAt: {} };
}

/** A killed process whose parent is gone may stay a zombie for as long as nobody reaps it. */
export function stateOf(pid: number | undefined): string {
  if (!existsSync(`/proc/${pid}/stat`)) return 'gone';
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] ?? '';
}
