import { type Deployment, short } from './deployment.ts';
import type { Facts, Policy } from './facts.ts';
import type { Signal, SubjectHistory } from './signal.ts';

/** What going back to a version would bring back: vulnerabilities that were mended after it ran. */
export interface BroughtBack {
  /** Each as a sentence, for the plan; a person has to want it. */
  readonly reasons: readonly string[];
  /** The incident's own vulnerability is in the target too, so going back is no help; null where it is not. */
  readonly pointless: string | null;
}

/** Kinds of signal of which a rule says that they are about security are looked at; what is open, fixed or open again. */
export function broughtBack(
  target: Deployment,
  { rules }: Pick<Policy, 'rules'>,
  { history }: Pick<Facts, 'history'>,
  causes: readonly { readonly kind: string; readonly subject: string }[],
): BroughtBack {
  const kinds = new Set(rules.all.filter((rule) => rule.impact === 'security').map((rule) => rule.signal));
  const reasons: string[] = [];
  let pointless: string | null = null;
  for (const each of history.subjects()) {
    if (!kinds.has(each.kind) || !isMendedAfter(target, each)) continue;
    const name = nameOf(each);
    if (causes.some(({ kind, subject }) => kind === each.kind && subject === each.subject)) {
      pointless = `${short(target.commit)} has ${name} too: it was mended after it, so going back is no help`;
    } else if (each.signals.at(-1)?.attributes.status === 'fixed') {
      reasons.push(`going back to ${short(target.commit)} brings ${name} back`);
    }
  }
  return { reasons: reasons.sort(), pointless };
}

/** Whether it was fixed at some time after the target began to run: the target itself still has it. */
function isMendedAfter(target: Deployment, { signals }: SubjectHistory): boolean {
  return signals.some((each) => each.attributes.status === 'fixed' && each.at > target.deployedAt);
}

function nameOf({ subject, signals }: SubjectHistory): string {
  const { severity, rule } = (signals.at(-1) as Signal).attributes;
  const details = [severity, rule].filter((each) => typeof each === 'string' && each !== '').join(' ');
  return details === '' ? subject : `${subject} (${details})`;
}
