import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partsOf, quoteName } from '../../../src/adapters/sql-server/identifier.ts';
import { fillIn, loadStatements } from '../../../src/adapters/sql-server/statements.ts';
import { changesSomething } from '../../fakes/tds/index.ts';

const FOLDER = new URL('../../../src/adapters/sql-server/sql/', import.meta.url);
const files = readdirSync(FOLDER).sort();

test.each(files)(
  '%s says which permission it needs and where it runs, changes nothing, and says whose it is',
  (file) => {
    const text = readFileSync(new URL(file, FOLDER), 'utf8');

    expect(text).toMatch(/^-- Permission: .+\.$/m);
    expect(text).toMatch(/^-- Versions: .+\.$/m);
    expect(changesSomething(text)).toBe(false);
    expect(text.match(/^SELECT\b.*/gm)?.every((line) => line.includes('/* rollbackd */'))).toBe(true);
  },
);

test('every file is used, and asked without the comment at its head', () => {
  const statements = loadStatements();

  expect(
    Object.keys(statements)
      .map((name) => `${name}.sql`)
      .sort(),
  ).toEqual(files);
  for (const text of Object.values(statements)) expect(text).toMatch(/^(SET|SELECT)\b/);
});

test('a name that a statement asks for and nobody gave is a bug', () => {
  expect(fillIn('FROM {relation}', { relation: '[a].[$&]' })).toBe('FROM [a].[$&]');
  expect(() => fillIn('FROM {relation}', {})).toThrow('relation');
});

test('whatever a name holds, it is one quoted name and can be read again', () => {
  const names = fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme' });
  fc.assert(
    fc.property(names, names, (schema, identifier) => {
      fc.pre(![schema, identifier].some((name) => name.includes('\0') || name.length > 128));
      expect(partsOf(`${quoteName(schema)}.${quoteName(identifier)}`)).toEqual([schema, identifier]);
    }),
  );
});

test.each([
  ['', 'empty'],
  ['a\0b', 'zero character'],
  ['n'.repeat(129), '129 characters'],
])('%j can be no name', (name, words) => {
  expect(() => quoteName(name)).toThrow(words);
});

test.each([
  ['gold.orders', ['gold', 'orders']],
  ['shop.gold.orders', ['shop', 'gold', 'orders']],
  ['[a.b].[c]]d]', ['a.b', 'c]d']],
  ['gold.', undefined],
  ['[gold', undefined],
])('%s is read as a name', (written, parts) => {
  expect(partsOf(written)).toEqual(parts);
});
