import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Source } from '../../src/rules/source.ts';
import { readYaml } from '../../src/rules/yaml.ts';
import {
  compileMapping,
  DEFAULT_MAPPING,
  type Mapped,
  OTHERWISE,
  severityShape,
} from '../../src/settings/mapping.ts';

const TEST: Mapped = {
  layer: '',
  tags: [],
  meta: [],
  fqn: 'shop.marts.finance.not_null_orders_id',
  name: 'not_null_orders_id',
  exposures: [],
  descendants: 0,
  dbtSeverity: 'error',
  resource: 'test',
};

function mapping(text: string) {
  const source = new Source('a.yaml', text);
  const node = readYaml(source, []);
  const rules = node === undefined ? undefined : severityShape.read(node, { source, problems: [] });
  if (rules === undefined) throw new Error('not a mapping');
  return compileMapping(rules);
}

describe('the shipped mapping', () => {
  const severityOf = compileMapping(DEFAULT_MAPPING);

  test.each<[string, Partial<Mapped>, string]>([
    ['a gold test is critical', { layer: 'gold' }, 'critical'],
    ['a silver test is high, even above an exposure', { layer: 'silver', exposures: ['board'] }, 'high'],
    ['a bronze test is medium', { layer: 'bronze', exposures: ['board'] }, 'medium'],
    ['a source is medium', { resource: 'source', exposures: ['board'] }, 'medium'],
    ['a test in no layer that a dashboard reads is critical', { exposures: ['board'] }, 'critical'],
    ['a test that only warns is low, even in gold', { layer: 'gold', dbtSeverity: 'warn' }, 'low'],
    ['a tag says more than the layer', { layer: 'bronze', tags: ['x', 'critical'] }, 'critical'],
    ['meta says most of all', { layer: 'gold', tags: ['critical'], meta: ['severity=medium'] }, 'medium'],
    ['what nothing is known of is medium', {}, 'medium'],
  ])('%s', (_, facts, severity) => {
    expect(severityOf({ ...TEST, ...facts })).toBe(severity);
  });
});

describe('a mapping of one’s own', () => {
  test('the first line that matches counts, all of it must match', () => {
    const severityOf = mapping(`
- { match: { fqn: "shop.*.finance.*", descendants: ">= 10" }, severity: critical }
- { match: { name: "not_null_*" }, severity: high }
- { match: { meta: team, exposure: false }, severity: low }
`);

    expect(severityOf({ ...TEST, descendants: 10 })).toBe('critical');
    expect(severityOf({ ...TEST, descendants: 9 })).toBe('high');
    expect(severityOf({ ...TEST, name: 'unique_x', meta: ['team=a'] })).toBe('low');
    expect(severityOf({ ...TEST, name: 'unique_x', meta: ['team=a'], exposures: ['e'] })).toBe(OTHERWISE);
  });

  test.each([
    ['> 3', [false, true]],
    ['<= 3', [true, false]],
    ['< 3', [false, false]],
    ['== 3', [true, false]],
  ])('descendants %s', (comparison, [three, four]) => {
    const severityOf = mapping(`[{ match: { descendants: "${comparison}" }, severity: low }]`);

    expect(severityOf({ ...TEST, descendants: 3 }) === 'low').toBe(three);
    expect(severityOf({ ...TEST, descendants: 4 }) === 'low').toBe(four);
  });

  test('a star stands for anything, and for nothing else', () => {
    const parts = fc.array(fc.constantFrom('a', 'b', '.', '*'), { maxLength: 6 }).map((all) => all.join(''));
    const texts = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 8 }).map((all) => all.join(''));
    fc.assert(
      fc.property(parts, texts, (pattern, name) => {
        const rules = [
          { match: { ...(DEFAULT_MAPPING[0]?.match ?? {}), meta: null, name: pattern }, severity: 'low' },
        ];
        const severityOf = compileMapping(rules as Parameters<typeof compileMapping>[0]);
        const expected = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(name);
        expect(severityOf({ ...TEST, name }) === 'low').toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});
