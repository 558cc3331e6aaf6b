import { execFile } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Refusal } from '../core/errors.ts';
import type { Sandbox } from './sandbox.ts';

/** dbt itself, in an environment of its own that is made once and kept. */
export interface RealDbt {
  /** The argv that is dbt. */
  readonly argv: readonly string[];
  /** Fills the warehouses of the sandbox with a good day's data and one category that nobody announced. */
  load(sandbox: Sandbox): Promise<void>;
}

/** Known to work together, on Python 3.10 and newer. */
const PACKAGES = ['dbt-core>=1.11,<1.12', 'dbt-duckdb>=1.9,<2'];
const INSTALLING = 600_000;

/** Finds or installs dbt below ~/.cache/rollbackd. Throws Refusal where there is no Python 3 or no package index. */
export async function prepareRealDbt(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly abort: AbortSignal;
  readonly err: (text: string) => void;
}): Promise<RealDbt> {
  const { env, abort } = options;
  const home = env.XDG_CACHE_HOME ?? join(env.HOME ?? '/tmp', '.cache');
  const place = join(home, 'rollbackd', 'dbt');
  const dbt = join(place, 'bin', 'dbt');
  const call = async (program: string, ...args: string[]) =>
    promisify(execFile)(program, args, {
      env: { ...env },
      signal: abort,
      timeout: INSTALLING,
      maxBuffer: 2 ** 26,
    });
  if ((await stat(dbt).catch(() => undefined)) === undefined) {
    options.err(`Installing dbt with DuckDB to ${place}, once.\n`);
    await mkdir(place, { recursive: true });
    await orRefuse('Python 3 with venv is needed for --real-dbt', () => call('python3', '-m', 'venv', place));
    await orRefuse('dbt cannot be installed', () =>
      call(join(place, 'bin', 'pip'), 'install', '-q', ...PACKAGES),
    );
  }
  return {
    argv: [dbt],
    async load({ trees }) {
      for (const tree of Object.values(trees)) {
        const script = join(tree, 'dbt', 'scripts', 'load.py');
        await call(join(place, 'bin', 'python'), script, 'raw_good', 'bad_noncritical');
      }
    },
  };
}

async function orRefuse(what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal(
      'invalid',
      'no-dbt',
      `${what}: ${why.trim()}`,
      'Without --real-dbt recorded artifacts are used.',
    );
  }
}
