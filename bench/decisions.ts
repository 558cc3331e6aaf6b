// node bench/decisions.ts [--json] [--days=365] [--seed=1] [--memory=0.3] [--sigma=0.1,0.4] [--over=13m] [--when=...]
// How often a deployment that changed nothing is rolled back, and how surely one that made things slow is.
import { SQL_SERVER_KINDS } from '../src/adapters/sql-server/kinds.ts';
import type { Policy } from '../src/core/facts.ts';
import { loadRules } from '../src/rules/load-rules.ts';
import { policy } from '../test/fakes/facts.ts';
import { type Curve, liveThrough, type Year } from './decisions/year.ts';

const words = process.argv.slice(2);
const said = (name: string, otherwise: string): string =>
  words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;

const asked = policyOf(said('when', 'slowdown > 1.5 && p_value < 0.01'), said('over', '13m'));
const numbers = (text: string): readonly number[] => text.split(',').map(Number);
const isJson = words.includes('--json');

if (!isJson) process.stdout.write(head());
for (const memory of numbers(said('memory', '0.3'))) {
  for (const sigma of numbers(said('sigma', '0.1,0.2,0.3,0.4'))) {
    const year = liveThrough({
      policy: asked,
      noise: { sigma, memory },
      seed: Number(said('seed', '1')),
      days: Number(said('days', '365')),
      factors: numbers(said('factors', '1.25,1.5,1.75,2,2.5,3')),
      alone: Number(said('alone', '1')),
    });
    process.stdout.write(isJson ? `${JSON.stringify(asJson(year))}\n` : asLines(year));
  }
}

/** A rule as people write it, read as every rule is. */
function policyOf(when: string, over: string): Policy {
  const text = [
    'rules:',
    '  - name: query-latency-degraded',
    '    signal: sql.latency',
    `    over: ${over}`,
    `    when: ${JSON.stringify(when)}`,
    '    severity: critical',
    '    impact: performance',
    '',
  ].join('\n');
  const { rules, diagnostics } = loadRules([{ path: 'latency.yaml', text }], SQL_SERVER_KINDS);
  if (rules.length === 0) throw new Error(diagnostics.map((each) => each.message).join('; '));
  return policy({ rules });
}

function head(): string {
  return [
    'A year of ten canaries at 30 s, a deployment a day at any hour, twice the load at night.',
    'False: deployments that changed nothing. Found: rolled back within 15 minutes, by the slowdown.',
    '',
    'sigma  memory  false rollbacks  false questions  slowed       found',
    '',
  ].join('\n');
}

function asLines({ noise, falseRollbacks, falseQuestions, one, all }: Year): string {
  const cells = [noise.sigma, noise.memory, falseRollbacks, falseQuestions].map(String);
  const widths = [7, 8, 17, 17];
  const left = cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('');
  return `${left}all ten      ${shares(all)}\n${''.padEnd(49)}one alone    ${shares(one)}\n`;
}

function shares(curve: Curve): string {
  return [...curve]
    .map(([factor, { found, of }]) => `${factor}x ${((100 * found) / of).toFixed(1)} %`.padEnd(15))
    .join('')
    .trimEnd();
}

function asJson({ noise, deployments, falseRollbacks, falseQuestions, one, all }: Year) {
  const flat = (curve: Curve) => [...curve].map(([factor, count]) => ({ factor, ...count }));
  return { ...noise, deployments, falseRollbacks, falseQuestions, one: flat(one), all: flat(all) };
}
