import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { codeCacheIn } from '../../src/loader/code-cache.ts';
import { removeDirectory } from '../fakes/directory.ts';

const { uid } = userInfo();

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'rollbackd-code-'));
  onTestFinished(() => removeDirectory(made));
  return made;
}

const CODE = Buffer.from('what the engine made of it');

describe('kept code', () => {
  test('is read by the next start, and only by its name', () => {
    const place = join(directory(), 'compiled');
    codeCacheIn(place, uid).write('daemon.1', CODE);

    expect(codeCacheIn(place, uid).read('daemon.1')).toEqual(CODE);
    expect(codeCacheIn(place, uid).read('daemon.2')).toBeUndefined();
    expect(readdirSync(place)).toEqual(['daemon.1']);
  });

  test('is nobody else’s to write', () => {
    const place = join(directory(), 'compiled');
    codeCacheIn(place, uid).write('daemon.1', CODE);

    expect(statSync(place).mode & 0o077).toBe(0);
    expect(statSync(join(place, 'daemon.1')).mode & 0o077).toBe(0);
  });

  test.each([
    ['torn', (whole: Buffer) => whole.subarray(0, -1)],
    ['changed', (whole: Buffer) => Buffer.concat([whole.subarray(0, -1), Buffer.from('!')])],
    ['empty', () => Buffer.alloc(0)],
  ])('that is %s is not there', (_, spoil) => {
    const place = directory();
    const cache = codeCacheIn(place, uid);
    cache.write('daemon.1', CODE);
    const file = join(place, 'daemon.1');
    writeFileSync(file, spoil(readFileSync(file)));

    expect(cache.read('daemon.1')).toBeUndefined();
  });

  test('is not run from a directory that others may write into, and nothing is put there', () => {
    const place = directory();
    codeCacheIn(place, uid).write('daemon.1', CODE);
    chmodSync(place, 0o777);
    const cache = codeCacheIn(place, uid);
    cache.write('daemon.2', CODE);

    expect(cache.read('daemon.1')).toBeUndefined();
    expect(existsSync(join(place, 'daemon.2'))).toBe(false);
  });

  test('is not run from a directory of somebody else, but for root', () => {
    const place = directory();
    codeCacheIn(place, uid).write('daemon.1', CODE);
    const read = codeCacheIn(place, uid + 1).read('daemon.1');

    if (uid === 0) expect(read).toEqual(CODE);
    else expect(read).toBeUndefined();
  });

  test('costs nothing but time where it cannot be kept', () => {
    const file = join(directory(), 'a-file');
    writeFileSync(file, '');
    const cache = codeCacheIn(join(file, 'compiled'), uid);

    expect(() => cache.write('daemon.1', CODE)).not.toThrow();
    expect(cache.read('daemon.1')).toBeUndefined();
  });
});
