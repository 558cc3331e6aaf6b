// Stands in for `dbt build` in the demo's sandbox: what real dbt left for the content that is checked out, as if it had
// just run. Runs in the project's directory; honours --target-path and DBT_ENV_CUSTOM_ENV_*, as dbt does.
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

const STAMP = 'DBT_ENV_CUSTOM_ENV_';
const WORK = 150;

const [command, ...options] = process.argv.slice(2);
if (command !== 'build') {
  console.error(`The demo's dbt can only build, not ${command ?? 'nothing'}.`);
  process.exit(2);
}

const startedAt = new Date();
const target = optionOf('--target-path') ?? process.env.DBT_TARGET_PATH ?? 'target';
const content = readFileSync('models/silver/silver_orders.sql', 'utf8').includes('row_number')
  ? 'good'
  : 'bad';
const about = {
  invocation_id: randomUUID(),
  invocation_started_at: startedAt.toISOString(),
  env: Object.fromEntries(
    Object.entries(process.env)
      .filter(([name]) => name.startsWith(STAMP))
      .map(([name, value]) => [name.slice(STAMP.length), value]),
  ),
};

mkdirSync(target, { recursive: true });
leave('manifest', recorded('manifest'));
await sleep(WORK); // real dbt has written its manifest by now, and works
const results = recorded('run_results');
leave('run_results', { ...results, elapsed_time: (Date.now() - startedAt.getTime()) / 1_000 });

const statuses = results.results.map(({ status }) => status);
const count = (...names) => statuses.filter((status) => names.includes(status)).length;
const failed = count('fail', 'error');
console.log(
  `Done. PASS=${count('pass', 'success')} WARN=${count('warn')} ERROR=${failed} SKIP=${count('skipped')} TOTAL=${statuses.length}`,
);
process.exitCode = failed === 0 ? 0 : 1;

function optionOf(option) {
  const at = options.indexOf(option);
  return at === -1 ? undefined : options[at + 1];
}

function recorded(name) {
  const packed = readFileSync(new URL(`${content}.${name}.json.gz`, import.meta.url));
  return JSON.parse(gunzipSync(packed).toString('utf8'));
}

/** In place, as dbt does: whoever reads in between sees half a file. */
function leave(name, artifact) {
  const metadata = { ...artifact.metadata, ...about, generated_at: new Date().toISOString() };
  writeFileSync(join(target, `${name}.json`), JSON.stringify({ ...artifact, metadata }));
}
