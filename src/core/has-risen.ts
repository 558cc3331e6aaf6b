import type { Facts } from './facts.ts';
import { isFinal } from './incident.ts';
import { atLeast, type Severity } from './rule.ts';
import type { Instant } from './time.ts';
import type { Breach } from './verdict.ts';

/** It was dealt with when it weighed less. */
export function hasRisen(breach: Breach, { incidents }: Facts): boolean {
  const dealtWith = incidents
    .filter((each) => isFinal(each.state))
    .flatMap(({ openedAt, breaches }) => breaches.map((each) => ({ ...each, openedAt })))
    .filter((each) => each.rule === breach.rule.name && each.subject === breach.subject)
    .reduce<{ severity: Severity; openedAt: Instant } | null>(
      (newest, each) => (newest === null || each.openedAt > newest.openedAt ? each : newest),
      null,
    );
  return dealtWith !== null && !atLeast(dealtWith.severity, breach.severity);
}
