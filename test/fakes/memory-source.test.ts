import { expect, test } from 'vitest';
import { signalSourceContract, undeclared } from '../contract/signal-source.ts';
import { MEMORY_KINDS, MemorySource } from './memory-source.ts';

signalSourceContract(
  'the source in memory',
  async () => {
    const source = new MemorySource({ now: () => 1_000 });
    return {
      source,
      kinds: MEMORY_KINDS,
      now: () => 1_000,
      secrets: ['never in it'],
      vanish: async () => {
        source.state = 'gone';
      },
      comeBack: async () => {
        source.state = 'there';
      },
      hang: async () => {
        source.state = 'hanging';
      },
      close: async () => undefined,
    };
    // Where it never answers it waits for its caller, who sets the time.
  },
  'verdict',
);

test('the contract finds what a kind does not declare', async () => {
  const [signal] = (await new MemorySource({ now: () => 0 }).observe(new AbortController().signal)).signals;
  if (signal === undefined) throw new Error('It sees nothing');
  const found = (attributes: Parameters<typeof undeclared>[0]['attributes'], kind = signal.kind) =>
    undeclared({ ...signal, kind, attributes }, MEMORY_KINDS);

  expect(found({ value: 1, state: 'ill' })).toEqual([]);
  expect(found({ value: null })).toEqual([]);
  expect(found({ value: '1' })).toEqual(['memory.value.value of orders is string, not number']);
  expect(found({ state: 'odd' })).toEqual(['memory.value.state of orders is "odd", none of well, ill']);
  expect(found({ other: 1 })).toEqual(['memory.value.other of orders is not declared']);
  expect(found({}, 'other')).toEqual(['other is not declared']);
});
