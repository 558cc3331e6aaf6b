import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createIo } from '../src/command-line.ts';
import { terminal } from './cli/terminal.ts';
import { removeDirectory } from './fakes/directory.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollbackd-rules-'));
  writeFileSync(join(folder, 'right.yaml'), 'rules: []\n');
});
afterEach(() => removeDirectory(folder));

/** The command line with the real files of this machine. */
function real() {
  const io = createIo({
    root: folder,
    version: '0',
    env: {},
    cwd: folder,
    nodePath: process.execPath,
    stdout: process.stdout,
    stderr: process.stderr,
    abort: new AbortController().signal,
    hangUps: new EventTarget(),
  });
  return terminal({ cwd: folder, readRuleFiles: io.readRuleFiles, kinds: io.kinds });
}

it('a path that is not there is wrong usage, and named, even beside one that is right', async () => {
  const { run, stdout, stderr } = real();
  expect(await run('rules', 'check', 'right.yaml', 'nowhere')).toBe(2);
  expect(stderr()).toContain(`${join(folder, 'nowhere')}: no such file`);
  expect(stdout()).not.toContain('no errors');
});

it('a path that is there is checked', async () => {
  const { run, stderr } = real();
  expect(await run('rules', 'check', 'right.yaml')).not.toBe(2);
  expect(stderr()).toBe('');
});
