import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readElements, splitText } from '../../../src/adapters/dbt/artifact.ts';
import { plain } from '../../../src/adapters/dbt/plain-text.ts';
import type { Signal } from '../../../src/core/signal.ts';
import { never, recorded, sourceOver, tally, temporary } from './setting.ts';

const RESULTS = recorded('1.12/test-fail-critical', 'run_results.json');

describe('a torn file', () => {
  test('cut at any byte it never gives a signal', async () => {
    const target = temporary();
    const source = sourceOver(target);
    const file = join(target, 'run_results.json');
    // Every one of the first and last bytes, where the structure is, and a sample of the rest.
    const everywhere = Array.from({ length: RESULTS.length }, (_, at) => at);
    const cuts = everywhere.filter((at) => at < 300 || at > RESULTS.length - 300 || at % 37 === 0);
    for (const cut of cuts) {
      writeFileSync(file, RESULTS.subarray(0, cut));
      const { signals } = await source.observe(never);
      if (signals.length > 0) expect.fail(`cut at ${cut} gives ${signals.length} signals`);
    }
    writeFileSync(file, RESULTS);
    expect((await source.observe(never)).signals).toHaveLength(28);
  });
});

describe('any order and any repetition', () => {
  const files = ['01', '02', '03', '04', '05', '06'].map((number) =>
    recorded('1.12/rapid-sequence', `${number}.run_results.json`),
  );

  test('of the same files gives the same facts, each once', async () => {
    const expected = await idsOf(files);
    const order = fc
      .shuffledSubarray(files, { minLength: files.length })
      .chain((shuffled) =>
        fc.array(fc.constantFrom(...files), { maxLength: 4 }).map((more) => [...shuffled, ...more]),
      );
    await fc.assert(
      fc.asyncProperty(order, async (sequence) => {
        expect(await idsOf(sequence)).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });

  async function idsOf(sequence: readonly Buffer[]): Promise<readonly string[]> {
    const target = temporary();
    const source = sourceOver(target);
    const signals: Signal[] = [];
    for (const bytes of sequence) {
      writeFileSync(join(target, 'run_results.json'), bytes);
      signals.push(...(await source.observe(never)).signals);
    }
    expect(tally(signals)['invocation completed']).toBe(6);
    return signals.map((signal) => JSON.stringify(signal)).sort();
  }
});

describe('the splitter', () => {
  const wanted = { whole: new Set(['metadata', 'args']), each: new Set(['nodes', 'results', 'sources']) };
  const member = fc.constantFrom(
    'metadata',
    'args',
    'nodes',
    'results',
    'sources',
    'macros',
    'docs',
    '',
    'a "quoted\\" näme',
  );
  const tree = fc.dictionary(member, fc.jsonValue({ maxDepth: 4 }), { maxKeys: 9 });

  test('gives what JSON.parse gives, however the text is cut into pieces and laid out', async () => {
    await fc.assert(
      fc.asyncProperty(
        tree,
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom(0, 2, '\t'),
        async (value, size, space) => {
          const bytes = Buffer.from(JSON.stringify(value, null, space));
          expect(await split(bytes, size)).toEqual(await parse(bytes));
        },
      ),
      { numRuns: 400 },
    );
  });

  test('refuses every text that ends too early, or goes on too long', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.nat(), async (value, cut) => {
        const bytes = Buffer.from(JSON.stringify(value));
        await expect(split(bytes.subarray(0, cut % bytes.length), 7)).rejects.toThrow(SyntaxError);
        await expect(split(Buffer.concat([bytes, bytes]), 7)).rejects.toThrow(SyntaxError);
        await expect(split(Buffer.concat([bytes, Buffer.from('x')]), 7)).rejects.toThrow(SyntaxError);
      }),
      { numRuns: 200 },
    );
  });

  type Taken = readonly [string, string | null, unknown];

  async function split(bytes: Buffer, size: number): Promise<readonly Taken[]> {
    const taken: Taken[] = [];
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    await splitText(pieces, wanted, (...one) => taken.push(one));
    return taken;
  }

  async function parse(bytes: Buffer): Promise<readonly Taken[]> {
    const taken: Taken[] = [];
    await readElements(bytes, wanted, (...one) => taken.push(one));
    return taken;
  }
});

describe('text of the outside', () => {
  test('never keeps a control character, a colour or half a surrogate pair, and never grows', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        (text, limit) => {
          const clean = plain(`\u001b[31m${text}\u001b[0m`, limit);
          expect(clean).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
          expect(clean.length).toBeLessThanOrEqual(limit);
          expect(clean.isWellFormed()).toBe(text.isWellFormed() || clean.isWellFormed());
        },
      ),
    );
  });
});
