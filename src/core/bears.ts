import type { RuleSet } from './facts.ts';
import type { Signal } from './signal.ts';

/** Whether a signal may change what is decided: a rule finds something in it, or it says another thing than the one before. */
export function bears(signal: Signal, before: Signal | undefined, rules: RuleSet): boolean {
  if (before === undefined || before.attributes.status !== signal.attributes.status) return true;
  return rules.candidates(signal).some((rule) => rule.over !== null || rule.when({ signal }));
}
