import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A command that looks like dbt from outside. `FAKE_DBT` says what happens: `results`, `model-error`, `test-fail`,
 * `nothing`, `says-secret`, with `+wait` (until it is told to stop) or `+stubborn` (nothing stops it), and `exit N`.
 */
const plan = process.env.FAKE_DBT ?? 'results';
const target = process.env.DBT_TARGET_PATH ?? 'target';
const journal = process.env.FAKE_DBT_JOURNAL;
if (journal !== undefined) {
  const seen = { argv: process.argv.slice(2), cwd: process.cwd(), env: process.env, pid: process.pid };
  appendFileSync(journal, `${JSON.stringify(seen)}\n`);
}

if (plan.includes('+wait')) {
  const until = setInterval(() => undefined, 1_000);
  process.on('SIGINT', () => {
    clearInterval(until);
    write('success', 'pass');
    process.exitCode = 2;
  });
} else if (plan.includes('+stubborn')) {
  setInterval(() => undefined, 1_000);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
} else if (plan.includes('+slow')) {
  setTimeout(finish, 700);
} else finish();

function finish(): void {
  if (plan.startsWith('says-secret')) {
    console.log(`\u001b[31mconnecting with ${process.env.DB_PASSWORD}\u001b[0m`);
    console.error('and failing');
  }
  if (plan.startsWith('results')) write('success', 'pass');
  if (plan.startsWith('model-error')) write('error', 'pass');
  if (plan.startsWith('test-fail')) write('success', 'fail');
  process.exitCode = Number(/exit (\d+)/.exec(plan)?.[1] ?? 0);
}

function write(model: string, test: string): void {
  const results = {
    metadata: {
      dbt_schema_version: 'https://schemas.getdbt.com/dbt/run-results/v6.json',
      dbt_version: '1.12.6',
      generated_at: new Date().toISOString(),
      invocation_id: `fake-${process.pid}`,
      env: { ROLLBACKD_STEP: process.env.DBT_ENV_CUSTOM_ENV_ROLLBACKD_STEP ?? '' },
    },
    args: { which: 'build', invocation_command: 'dbt build' },
    elapsed_time: 1.5,
    results: [
      { unique_id: 'model.shop.orders', status: model, message: null, failures: null },
      { unique_id: 'test.shop.orders_ok.1', status: test, message: null, failures: test === 'fail' ? 3 : 0 },
    ],
  };
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'run_results.json'), JSON.stringify(results));
}
