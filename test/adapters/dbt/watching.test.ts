import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { removeDirectory } from '../../fakes/directory.ts';
import { never, recorded, sourceOver, tally, temporary } from './setting.ts';

const RESULTS = recorded('1.12/test-fail-critical', 'run_results.json');
const MANIFEST = recorded('1.12/build-pass', 'manifest.json');
const RAPID = ['01', '02', '03', '04', '05', '06'].map((number) =>
  recorded('1.12/rapid-sequence', `${number}.run_results.json`),
);

describe('a directory that is watched', () => {
  test('six commands that overwrite one file within two seconds are each captured', async () => {
    const target = temporary();
    const source = sourceOver(target);
    const wakes = watched(source);
    for (const bytes of RAPID) {
      writeFileSync(join(target, 'run_results.json'), bytes);
      await sleep(150);
    }
    await wakes.atLeast(6);
    const { signals } = await source.observe(never);
    expect(tally(signals)).toEqual({ 'invocation completed': 6, 'model success': 12, 'test pass': 26 });
  });

  test('it may not exist yet, be deleted, and come back', async () => {
    const target = join(temporary(), 'deep', 'target');
    const source = sourceOver(target);
    const wakes = watched(source);
    expect(await source.observe(never)).toEqual({ signals: [], catalogue: null });
    for (const [index, bytes] of RAPID.slice(0, 3).entries()) {
      mkdirSync(target, { recursive: true });
      writeFileSync(join(target, 'run_results.json'), bytes);
      await wakes.atLeast(index + 1);
      expect(tally((await source.observe(never)).signals)['invocation completed']).toBe(1);
      removeDirectory(target);
      await sleep(50);
    }
  });

  test('a file that is moved into place wakes the watcher', async () => {
    const target = temporary();
    const source = sourceOver(target);
    const wakes = watched(source);
    writeFileSync(join(target, 'elsewhere'), RESULTS);
    renameSync(join(target, 'elsewhere'), join(target, 'run_results.json'));
    await wakes.atLeast(1);
    expect((await source.observe(never)).signals).toHaveLength(28);
  });

  test('after its watch is closed nothing wakes anybody', async () => {
    const target = temporary();
    let wakes = 0;
    sourceOver(target).watch(() => {
      wakes += 1;
    })();
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    await sleep(100);
    expect(wakes).toBe(0);
  });
});

describe('an invocation counts once', () => {
  test('a look after the look brings nothing, and the same bytes written again bring nothing', async () => {
    const target = temporary();
    const source = sourceOver(target);
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    expect((await source.observe(never)).signals).toHaveLength(28);
    expect((await source.observe(never)).signals).toEqual([]);
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    expect((await source.observe(never)).signals).toEqual([]);
  });

  test('a restart replays nothing', async () => {
    const [target, archive] = [temporary(), temporary()];
    const before = sourceOver(target, { archive });
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    await before.observe(never);
    await before.observe(never);
    expect(readdirSync(archive)).toEqual(['30ebf2f0-ccd0-4777-85b2-4cd302c7b036.run_results.json.gz']);
    expect((await sourceOver(target, { archive }).observe(never)).signals).toEqual([]);
  });

  test('what was captured and overwritten before a crash is told after it, under the same ids', async () => {
    const [target, archive] = [temporary(), temporary()];
    const before = sourceOver(target, { archive });
    writeFileSync(join(target, 'manifest.json'), MANIFEST);
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    const told = await before.observe(never);
    await expect.poll(() => readdirSync(archive).join()).toMatch(/run_results\.new\.json\.gz$/);
    writeFileSync(join(target, 'run_results.json'), RAPID[0] ?? '');
    const again = await sourceOver(target, { archive }).observe(never);
    const invocation = told.signals[0]?.invocation;
    expect(again.signals.filter((signal) => signal.invocation === invocation)).toEqual(told.signals);
    expect(again.signals.some((signal) => signal.invocation !== invocation)).toBe(true);
  });

  test('a broken file in the archive is taken as never seen', async () => {
    const [target, archive] = [temporary(), temporary()];
    writeFileSync(join(archive, '30ebf2f0-ccd0-4777-85b2-4cd302c7b036.run_results.new.json.gz'), 'garbage');
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    expect((await sourceOver(target, { archive }).observe(never)).signals).toHaveLength(28);
  });
});

describe('a command that left a manifest and no results', () => {
  test('is under way, then dead, once; and alive again when its results come after all', async () => {
    const results = recorded('1.12/sigint', 'run_results.json');
    const manifest = recorded('1.12/sigint', 'manifest.json');
    const made = Date.parse(JSON.parse(manifest.toString()).metadata.generated_at);
    const [target, archive] = [temporary(), temporary()];
    let now = made + 59_999;
    const source = sourceOver(target, { now: () => now, archive });
    writeFileSync(join(target, 'run_results.json'), recorded('1.12/test-pass', 'run_results.json'));
    expect(await source.busy(never)).toBe(false);
    writeFileSync(join(target, 'manifest.json'), manifest);
    await sleep(60); // One look serves all that is asked in a turn.
    expect(await source.busy(never)).toBe(true);
    expect(tally((await source.observe(never)).signals)).toEqual({
      'invocation completed': 1,
      'test pass': 27,
    });
    now += 1;
    expect(await source.busy(never)).toBe(false);
    const { signals } = await source.observe(never);
    expect(signals).toMatchObject([
      { kind: 'dbt.invocation', subject: 'dbt-prod', at: made, attributes: { status: 'died' } },
    ]);
    expect((await source.observe(never)).signals).toEqual([]);
    expect((await sourceOver(target, { archive }).observe(never)).signals).toEqual([]);
    writeFileSync(join(target, 'run_results.json'), results);
    const late = (await source.observe(never)).signals;
    expect(tally(late)).toEqual({ 'invocation completed': 1, 'model success': 4 });
    expect(late[0]?.id).not.toBe(signals[0]?.id);
  });
});

function watched(source: ReturnType<typeof sourceOver>) {
  let count = 0;
  onTestFinished(
    source.watch(() => {
      count += 1;
    }),
  );
  return {
    atLeast: (wanted: number) => expect.poll(() => count, { timeout: 5_000 }).toBeGreaterThanOrEqual(wanted),
  };
}
