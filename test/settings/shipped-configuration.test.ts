import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeCheck, loadSettings } from '../../src/settings/load-settings.ts';
import { SOURCE_TYPES } from '../../src/source-types.ts';
import { removeDirectory } from '../fakes/directory.ts';

const ROOT = join(import.meta.dirname, '../..');
const shipped = readFileSync(join(ROOT, 'rollbackd.yaml'), 'utf8').split('\n');
const isExample = (line: string | undefined) => /^ *# {3}\S/.test(line ?? '') || /^ *# {4,}/.test(line ?? '');
const plain = (line: string) => line.replace('#   ', '');

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'rollbackd-shipped-'));
  symlinkSync(join(ROOT, 'rules'), join(home, 'rules'));
});
afterEach(() => removeDirectory(home));

/** Every example without its #, each key in place of the one that stood there before. */
function uncommented(): { readonly text: string; readonly keys: readonly string[] } {
  const lines: string[] = [];
  const keys: string[] = [];
  for (const line of shipped) {
    if (!isExample(line)) {
      lines.push(line);
      continue;
    }
    const [, indent = '', key = ''] = /^( *)([\w-]+):/.exec(plain(line)) ?? [];
    const before = lines.findLastIndex((each) => each.startsWith(`${indent}${key}:`));
    const parent = lines.findLastIndex(
      (each) => /^ *\w/.test(each) && (/^ */.exec(each)?.[0].length ?? 0) < indent.length,
    );
    if (before > parent) lines.splice(before, 1 + childrenOf(lines, before, indent.length));
    if (indent.length <= 4) keys.push(key);
    lines.push(plain(line));
  }
  return { text: lines.join('\n'), keys };
}

function childrenOf(lines: readonly string[], at: number, indent: number): number {
  const after = lines.slice(at + 1);
  const end = after.findIndex((each) => (/^ */.exec(each)?.[0].length ?? 0) <= indent);
  return end === -1 ? after.length : end;
}

describe('rollbackd.yaml as it is shipped', () => {
  test('is right with everything in it that stands behind a #', () => {
    const { text, keys } = uncommented();
    const path = join(home, 'rollbackd.yaml');
    writeFileSync(path, text);

    const loaded = loadSettings(path, {}, SOURCE_TYPES);

    expect(describeCheck(loaded).text).not.toMatch(/^(error|warning):/m);
    expect(describeCheck(loaded).exitCode).toBe(0);
    expect(keys).toEqual(expect.arrayContaining(['sources', 'strategies', 'workflow', 'schedule']));
    expect(loaded.settings?.environments[0]).toMatchObject({
      environment: { strategies: ['workflow', 'revert'] },
    });
  });

  test('has an example of every type of source', () => {
    const types = [...uncommented().text.matchAll(/^ {4}type: ([\w-]+)/gm)].map(([, type]) => type);
    expect(types.toSorted()).toEqual(SOURCE_TYPES.map(({ type }) => type).toSorted());
  });
});
