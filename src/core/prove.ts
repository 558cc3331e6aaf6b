import { attribute } from './attribution.ts';
import type { Facts } from './facts.ts';
import type { Check } from './incident.ts';
import type { AttributeValue, Signal, SubjectHistory } from './signal.ts';
import type { Instant } from './time.ts';

/** What a rollback must show before it is called good. */
export interface Proof {
  /** `inconclusive` may still become either; at the deadline it counts as failed. */
  readonly is: 'passed' | 'failed' | 'inconclusive';
  readonly checks: readonly Check[];
}

/** What the data are measured by. */
export interface Measure {
  /** The deployment whose last results are the yardstick. */
  readonly target: string;
  /** Only invocations begun after this count. */
  readonly since: Instant;
  readonly causes: readonly { readonly kind: string; readonly subject: string }[];
}

const PASSING = new Set<AttributeValue>(['pass', 'success', 'completed', 'no-op', 'reused']);

/** Whether a signal says that its subject is well. Warnings do not count as passing, and not as failing. */
export function passes(signal: Signal): boolean {
  return PASSING.has(signal.attributes.status ?? null);
}

/** Whether a signal is part of a run over the data (a dbt invocation), as tests are; everything else is watched by itself. */
export function isOfARun(signal: Signal): boolean {
  return signal.invocation !== null;
}

/** Whether a signal says that its subject is wrong. */
export function fails(signal: Signal): boolean {
  const { status } = signal.attributes;
  return !passes(signal) && status !== 'warn' && status !== 'skipped' && status !== 'no-evidence';
}

/** SEMANTICS, section 7: every test that passed under the target passes again, on evidence newer than the move. */
export function proveData(facts: Facts, measure: Measure): Proof {
  const required = requiredSubjects(facts, measure);
  const failed: string[] = [];
  const missing: string[] = [];
  const absent: string[] = [];
  let passed = 0;
  for (const { history, isCause } of required) {
    const newest = history.signals.findLast((signal) => signal.began >= measure.since);
    if (newest !== undefined && fails(newest)) failed.push(nameOf(history));
    else if (newest !== undefined && passes(newest)) passed += 1;
    else if (facts.catalogue !== null && !facts.catalogue.has(history.subject)) absent.push(nameOf(history));
    else if (!isCause || facts.evidenceKinds.has(history.kind)) missing.push(nameOf(history));
  }
  const total = passed + failed.length + missing.length;
  return conclude({ passed, total, failed, missing, absent });
}

function conclude(found: {
  passed: number;
  total: number;
  failed: readonly string[];
  missing: readonly string[];
  absent: readonly string[];
}): Proof {
  const { passed, total, failed, missing, absent } = found;
  const gone = absent.length === 0 ? '' : `; ${absent.length} of the target's tests no longer exist`;
  const check = (is: Check['is'], detail: string): Check => ({
    name: 'Data tests',
    is,
    detail: `${detail}${gone}`,
  });
  if (failed.length > 0) {
    return { is: 'failed', checks: [check('failed', `${failed.length} of ${total} fail: ${some(failed)}`)] };
  }
  if (missing.length > 0 || total === 0) {
    const without = total === 0 ? 'no test of the target is known' : `no result yet of ${some(missing)}`;
    return { is: 'inconclusive', checks: [check('inconclusive', `${passed} of ${total} pass; ${without}`)] };
  }
  return {
    is: 'passed',
    checks: [check('passed', `${passed} of ${total} tests pass, on evidence newer than the move`)],
  };
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

interface Required {
  readonly history: SubjectHistory;
  readonly isCause: boolean;
}

/** Critical ones first: what a person reads first is what matters most. */
function requiredSubjects(facts: Facts, measure: Measure): readonly Required[] {
  const attribution = attribute(facts);
  const target = facts.deployments.find((each) => each.id === measure.target);
  const required: Required[] = [];
  for (const history of facts.history.subjects()) {
    const newest = history.signals.at(-1);
    if (newest !== undefined && !isOfARun(newest) && !facts.evidenceKinds.has(history.kind)) continue;
    const isCause = measure.causes.some(
      (each) => each.kind === history.kind && each.subject === history.subject,
    );
    const last = target === undefined ? undefined : attribution.lastUnder(target, history.signals);
    const counted = facts.evidenceKinds.has(history.kind) && last !== undefined && passes(last);
    if (isCause || counted) required.push({ history, isCause });
  }
  const isCritical = ({ history }: Required) => history.signals.at(-1)?.attributes.severity === 'critical';
  return required.sort((a, b) => Number(isCritical(b)) - Number(isCritical(a)));
}

function nameOf(history: SubjectHistory): string {
  const { name } = history.signals.at(-1)?.attributes ?? {};
  return typeof name === 'string' && name !== '' ? name : history.subject;
}
