import fc from 'fast-check';
import { expect, test } from 'vitest';
import { consider } from '../../src/core/consider.ts';
import type { Deployment } from '../../src/core/deployment.ts';
import { chooseTarget } from '../../src/core/target.ts';
import { hours } from '../../src/core/time.ts';
import { deployment, facts, history, policy, START, signal } from '../fakes/facts.ts';

const verdicts = fc.constantFrom<Deployment['verdict']>('good', 'bad', 'unverified', 'superseded');
const histories = fc
  .array(fc.record({ verdict: verdicts, version: fc.integer({ min: 1, max: 4 }) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((made) =>
    made.map((each, index) =>
      deployment(index + 1, {
        verdict: each.verdict,
        version: `v${each.version}`,
        deployedAt: START + hours(index),
        endedAt: index === made.length - 1 ? null : START + hours(index + 1),
      }),
    ),
  );

test('whatever happened, a target is good, older, of another version and not quarantined, or there is none', () => {
  fc.assert(
    fc.property(histories, fc.subarray(['v1', 'v2', 'v3', 'v4']), (deployments, versions) => {
      const quarantined = versions.map((version) => ({
        environment: 'production',
        commit: 'c',
        version,
        at: START,
        by: 'INC-1',
        because: '',
      }));
      const running = deployments.at(-1) as Deployment;

      const { deployment: target, sameCode } = chooseTarget(facts({ deployments, quarantined }), running);

      const usable = deployments.filter(
        (each) =>
          each.sequence < running.sequence && each.verdict === 'good' && !versions.includes(each.version),
      );
      if (target !== null) {
        expect(target).toBe(usable.at(-1));
        expect(target.version).not.toBe(running.version);
      } else {
        expect(usable.length === 0 || sameCode).toBe(true);
      }
    }),
  );
});

const results = fc.array(
  fc.record({
    subject: fc.constantFrom('a', 'b', 'c'),
    minute: fc.integer({ min: 1, max: 400 }),
    status: fc.constantFrom('pass', 'fail', 'error', 'warn'),
  }),
  { maxLength: 30 },
);

test('the order and the repetition of facts change no decision', () => {
  fc.assert(
    fc.property(results, fc.infiniteStream(fc.nat()), (made, numbers) => {
      const unique = [...new Map(made.map((each) => [`${each.subject}${each.minute}`, each])).values()];
      const signals = unique.map((each) =>
        signal(each.subject, START + each.minute * 60_000, { status: each.status }),
      );
      const shuffled = [...signals, ...signals.slice(0, 5)]
        .map((each) => ({ each, key: numbers.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ each }) => each);
      const now = START + hours(7);
      const decide = (given: typeof signals) => {
        const { cases, leftAlone } = consider(facts({ history: history(given) }), policy(), now);
        const left = leftAlone.map(({ key, decision }) => [key, decision.do, decision.by]).sort();
        return {
          cases: cases.map(({ decision, title }) => ({
            do: decision.do,
            by: decision.by,
            target: decision.target,
            lines: title.length,
          })),
          left,
        };
      };

      expect(decide(shuffled)).toEqual(decide(signals));
    }),
  );
});

test('a test that does not fail is never rolled back for, whatever else it says', () => {
  const harmless = fc.array(
    fc.record({
      minute: fc.integer({ min: 1, max: 400 }),
      status: fc.constantFrom('pass', 'warn', 'error', 'skipped', 'unheard-of'),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(harmless, (made) => {
      const signals = made.map((each) => signal('a', START + each.minute * 60_000, { status: each.status }));

      expect(consider(facts({ signals }), policy(), START + hours(7)).cases).toEqual([]);
    }),
  );
});
