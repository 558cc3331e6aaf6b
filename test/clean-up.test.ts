import { existsSync, mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { cleanUp } from '../src/clean-up.ts';
import { days, hours } from '../src/core/time.ts';
import { removeDirectory } from './fakes/directory.ts';
import { A, C, ROGER, Stage } from './fakes/stage.ts';

const made: string[] = [];
afterEach(() => {
  for (const each of made.splice(0)) removeDirectory(each);
});

/** A state directory with files of a certain age. */
function stateDirectory(now: number) {
  const directory = mkdtempSync(join(tmpdir(), 'rollbackd-clean-up-'));
  made.push(directory);
  const age = (path: string, old: number) => utimesSync(path, (now - old) / 1_000, (now - old) / 1_000);
  return {
    directory,
    archived(name: string, old: number) {
      const path = join(directory, 'archive/production/dbt-prod', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'x');
      age(path, old);
    },
    checkedOut(commit: string, old: number) {
      const path = join(directory, 'checkouts', commit);
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'dbt_project.yml'), 'name: shop');
      age(path, old);
    },
    archive: () => readdirSync(join(directory, 'archive/production/dbt-prod')).sort(),
    has: (commit: string) => existsSync(join(directory, 'checkouts', commit)),
  };
}

const cleaning = (stage: Stage, directory: string, retention: number) =>
  cleanUp({
    store: stage.store,
    stateDirectory: directory,
    environments: ['production'],
    retention,
    now: stage.now,
  });

test('what outlived the signals goes; the newest of each kind, what is unsettled and the manifest stay', async () => {
  const stage = new Stage();
  const state = stateDirectory(stage.now);
  state.archived('a.run_results.json.gz', days(20));
  state.archived('b.run_results.json.gz', days(16));
  state.archived('c.run_results.json.gz', days(13));
  state.archived('a.sources.json.gz', days(20));
  state.archived('d.run_results.new.json.gz', days(20));
  state.archived('e.died', days(20));
  state.archived('f.died', days(15));
  state.archived('manifest.json.gz', days(90));

  expect(await cleaning(stage, state.directory, days(14))).toEqual({ artifacts: 3, checkouts: 0 });
  expect(state.archive()).toEqual([
    'a.sources.json.gz',
    'c.run_results.json.gz',
    'd.run_results.new.json.gz',
    'f.died',
    'manifest.json.gz',
  ]);
});

test('nothing younger than two days goes, however short the retention', async () => {
  const stage = new Stage();
  const state = stateDirectory(stage.now);
  state.archived('a.run_results.json.gz', days(3));
  state.archived('b.run_results.json.gz', hours(47));
  state.archived('c.run_results.json.gz', hours(1));
  state.checkedOut(A, hours(47));
  state.checkedOut(C, days(3));

  expect(await cleaning(stage, state.directory, hours(1))).toEqual({ artifacts: 1, checkouts: 1 });
  expect(state.archive()).toEqual(['b.run_results.json.gz', 'c.run_results.json.gz']);
  expect([state.has(A), state.has(C)]).toEqual([true, false]);
});

test('a checkout that the plan of an open incident names stays until the incident ends', async () => {
  const stage = new Stage();
  await stage.badDeployment();
  await stage.settle(3);
  const incident = await stage.incident();
  expect(incident?.plans).toHaveLength(1);
  const state = stateDirectory(stage.now);
  state.checkedOut(A, days(30));

  expect(await cleaning(stage, state.directory, days(14))).toMatchObject({ checkouts: 0 });
  await stage.commands.abort(ROGER, incident?.id ?? '', 'a drill');
  expect(await cleaning(stage, state.directory, days(14))).toMatchObject({ checkouts: 1 });
});

test('a state directory without either is nothing to clean', async () => {
  const stage = new Stage();
  const { directory } = stateDirectory(stage.now);
  expect(await cleaning(stage, directory, days(14))).toEqual({ artifacts: 0, checkouts: 0 });
});
