import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { CodeCache } from '../../src/loader/code-cache.ts';
import { Program } from '../../src/loader/program.ts';
import { removeDirectory } from '../fakes/directory.ts';

/** Chunks as the build writes them, in a place of their own: the engine remembers what it compiled by text and place. */
function chunks(texts: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'rollbackd-chunks-'));
  onTestFinished(() => removeDirectory(directory));
  mkdirSync(join(directory, 'chunks'));
  for (const [name, text] of Object.entries(texts)) write(directory, name, text);
  return directory;
}

function write(directory: string, name: string, text: string): void {
  const around = `(function (exports, require, module, __filename, __dirname) { "use strict"; ${text}\n})`;
  writeFileSync(join(directory, name), around);
}

const TWO = {
  'main.cjs': `const { twice } = require('./chunks/twice.cjs');
    exports.answer = (number) => twice(number);
    exports.again = () => require('./chunks/twice.cjs').twice === twice;
    exports.separator = require('node:path').sep;
    exports.place = __filename;`,
  'chunks/twice.cjs': 'exports.twice = function (number) { return number * 2; };',
};

function memory(): CodeCache & { readonly kept: Map<string, Buffer> } {
  const kept = new Map<string, Buffer>();
  return { kept, read: (name) => kept.get(name), write: (name, code) => void kept.set(name, code) };
}

interface Main {
  answer(number: number): number;
  again(): boolean;
  readonly separator: string;
  readonly place: string;
}

function load(directory: string, cache: CodeCache) {
  const program = new Program(cache);
  return { program, main: program.load(join(directory, 'main.cjs')) as unknown as Main };
}

test('chunks get what they require: each other once, and what Node brings', () => {
  const directory = chunks(TWO);
  const { main } = load(directory, memory());

  expect(main.answer(21)).toBe(42);
  expect(main.again()).toBe(true);
  expect(main.separator).toBe('/');
  expect(main.place).toBe(join(directory, 'main.cjs'));
});

test('what ran is compiled at the next start, and does the same', () => {
  const cache = memory();
  const first = load(chunks(TWO), cache);
  expect(first.program.wasCompiled).toBe(false);
  first.main.answer(21);
  first.program.keep();
  expect(cache.kept.size).toBe(2);

  const second = load(chunks(TWO), cache);
  expect(second.program.wasCompiled).toBe(true);
  expect(second.main.answer(4)).toBe(8);
});

test('code is kept again once much more of it ran, and not before', () => {
  const body = Array.from({ length: 200 }, (_, index) => `number += Math.abs(number - ${index});`).join('');
  const texts = { 'main.cjs': `exports.answer = function (number) { ${body} return number; };` };
  const cache = memory();
  load(chunks(texts), cache).program.keep();
  const [name = '', little] = [...cache.kept][0] ?? [];
  load(chunks(texts), cache).program.keep();
  expect(cache.kept.get(name)).toBe(little);

  const { main, program } = load(chunks(texts), cache);
  main.answer(1);
  program.keep();
  expect(cache.kept.get(name)?.length).toBeGreaterThan(2 * (little?.length ?? 0));
});

test('a chunk that was changed does not run what was compiled of the one before, whatever its length', () => {
  const cache = memory();
  load(chunks(TWO), cache).program.keep();
  const changed = { ...TWO, 'chunks/twice.cjs': TWO['chunks/twice.cjs'].replace('* 2', '* 3') };

  expect(load(chunks(changed), cache).main.answer(2)).toBe(6);
});

test('code that another engine compiled is compiled anew', () => {
  const cache = memory();
  load(chunks(TWO), cache).program.keep();
  for (const [name, code] of cache.kept) cache.kept.set(name, Buffer.concat([Buffer.alloc(64), code]));
  const { main, program } = load(chunks(TWO), cache);

  expect(program.wasCompiled).toBe(false);
  expect(main.answer(2)).toBe(4);
});

test('what a chunk throws is its caller’s to see', () => {
  const directory = chunks({ 'main.cjs': "throw new Error('broken');" });

  expect(() => load(directory, memory())).toThrow('broken');
});
