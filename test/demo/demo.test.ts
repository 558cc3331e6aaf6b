import { appendFile, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openForTools } from '../../src/adapters/sql-store/index.ts';
import { startDaemon } from '../../src/daemon.ts';
import { checkStory } from '../../src/demo/check-story.ts';
import type { StoryFacts } from '../../src/demo/evidence.ts';
import { createGit } from '../../src/demo/git.ts';
import { runDemo } from '../../src/demo/index.ts';
import { sandboxAt } from '../../src/demo/sandbox.ts';
import { openLog } from '../../src/log.ts';
import { removeDirectory } from '../fakes/directory.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const git = createGit(process.env);
let home: string;
let code: number;
let story = '';
let complaints = '';

/** The whole of rollbackd, once: what follows looks at what it left. */
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'rollbackd-demo-'));
  const directory = join(home, '.demo');
  code = await runDemo({
    root,
    directory,
    once: true,
    realDbt: false,
    out: (text) => {
      story += text;
    },
    err: (text) => {
      complaints += text;
    },
    isTerminal: false,
    utf8: true,
    colour: false,
    env: process.env,
    abort: AbortSignal.timeout(110_000),
    nodePath: process.execPath,
    startDaemon: (options) =>
      startDaemon({ ...options, version: '0.0.0', log: openLog({ file: join(directory, 'daemon.log') }) }),
  });
}, 120_000);
afterAll(() => removeDirectory(home));

describe('the demo, told once', () => {
  test('happened as it was told', () => {
    expect(complaints).toBe('');
    expect(story).not.toContain('Not so:');
    expect(code).toBe(0);
  });

  test('is told in order: proven, found out, decided, acted, verified, reported, and left alone', () => {
    const told = [
      '230b5cc is known good',
      '9e40350 to production',
      'not_null_silver_orders_customer_id',
      'INC-1: critical, data quality: roll back at once',
      '1 of 6  pause the schedule',
      '2 of 6  revert 1 commit on main as',
      '3 of 6  move the work tree',
      '4 of 6  rebuild',
      '5 of 6  prove the data is healthy',
      '6 of 6  resume the schedule',
      'production is back on 230b5cc and proven healthy',
      'INC-1 is rolled back',
      'report in .demo/reports/INC-1.md',
      'left alone: it was failing on the first day',
      'unknown: run_results.json cannot be read',
      'left alone: development is not production',
      'Airflow is ill, and recovers',
      "Airflow's scheduler is unhealthy",
      'INC-3: high: the team lead is asked',
      'mail to roger@example.com',
      'INC-3 is stood down',
      'A DAG cannot be imported',
      'dags/dbt_transform.py cannot be imported: ModuleNotFoundError',
      'INC-4: critical, production down: roll back at once',
      'it changed dags/dbt_transform.py',
      'workflow; not revert: workflow comes first',
      '2 of 5  run rollback.yml, run 7001: success',
      'warehouse is back on',
      'INC-4 is rolled back',
      'A query is slower',
      'more than half as long again',
      'INC-5: critical, performance: it would be rolled back',
      'dbt-prod is silent',
      '24 of 24 tests newer than it',
      '3 decisions left alone',
      'Airflow recovered, nothing was done',
      '1 dispatch, and the workflow went back',
      'the second one was held back',
    ];
    const places = told.map((words) => story.indexOf(words));

    expect(told.filter((_, index) => places[index] === -1)).toEqual([]);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  test('fits a terminal of 100 columns', () => {
    expect(story.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  test('leaves the report and the mails as files', async () => {
    const { reports, inbox } = sandboxAt(join(home, '.demo'));
    const mails = await readdir(inbox);

    expect(await readFile(join(reports, 'INC-1.md'), 'utf8')).toContain('INC-1');
    expect(mails.length).toBeGreaterThanOrEqual(2);
    expect(await readFile(join(inbox, mails[0] ?? ''), 'utf8')).toMatch(/^Message-ID:\s*<.+>/im);
  });
});

describe('its own checks are not easily pleased', () => {
  const wrong = async (facts: Partial<StoryFacts>) => {
    const sandbox = sandboxAt(join(home, '.demo'));
    const store = await openForTools(sandbox.state);
    const decision = (await store.incidents.decisions('production', 1))[0]?.key ?? '';
    await store.close();
    const leftAlone = { decision, tornAt: Date.now(), watched: 'INC-2' };
    const checks = await checkStory({
      sandbox,
      git,
      mails: [],
      incident: 'INC-1',
      leftAlone,
      ill: 'INC-3',
      byWorkflow: 'INC-4',
      heldBack: 'INC-5',
      dispatches: 1,
      ...facts,
    });
    return checks.filter((check) => !check.holds).map((check) => check.found);
  };

  test('mails that never came are missed', async () => {
    expect(await wrong({})).toEqual([expect.stringContaining('0 mails')]);
  });

  test('an incident that was only talked about is missed', async () => {
    expect(await wrong({ incident: 'INC-9' })).toEqual(['it is not']);
  });

  test('an illness that ended in a rollback is found', async () => {
    expect(await wrong({ ill: 'INC-1' })).toContainEqual(expect.stringContaining('INC-1 is rolled_back'));
  });

  test('a second dispatch, and a rollback that was not held back, are found', async () => {
    expect(await wrong({ dispatches: 2 })).toContainEqual(expect.stringContaining('2 dispatches'));
    expect(await wrong({ heldBack: 'INC-4' })).toContainEqual(expect.stringContaining('5 steps'));
  });

  test('evidence that was counted after the file was torn is found', async () => {
    const leftAlone = { decision: 'none', tornAt: 0, watched: 'INC-1' };

    expect(await wrong({ leftAlone })).toContain(
      'not left alone: failing before, unreadable and silent, not production',
    );
  });

  test('a second revert, and a schedule that was held twice, are found', async () => {
    const { author, schedules } = sandboxAt(join(home, '.demo'));
    await git(author, 'fetch', '-q', 'origin');
    await git(author, 'checkout', '-q', '-B', 'main', 'origin/main');
    await git(author, 'commit', '-q', '--allow-empty', '-m', 'fix: again\n\nRollbackd-Incident: INC-1');
    await git(author, 'push', '-q', 'origin', 'main');
    await appendFile(join(schedules.production, 'log'), 'then pause\n');

    const found = await wrong({});

    expect(found).toContainEqual(expect.stringContaining('2 on main'));
    expect(found).toContain('pause, resume, pause');
  });
});
