import type { Incident, IncidentEvent } from './incident.ts';
import { approvalAsked, approvalExpired } from './narrate-approval.ts';
import { ended, rejected, resolved, stoodDown } from './narrate-ending.ts';
import { escalated, levelReached, monitored, wouldHave } from './narrate-level.ts';
import { planMade, proved, rolledBack } from './narrate-rollback.ts';
import { contained, planFailed, proofFailed } from './narrate-stop.ts';
import type { Notice } from './notice.ts';
import { type NarrateContext, noticesOf, type Occasion, type Telling } from './telling.ts';

/**
 * Who is told what about one event. `incident` is the state after it. Nobody hears of an end who did not hear of
 * the beginning, and the same event never makes a second notice.
 */
export function narrate(
  incident: Incident,
  event: IncidentEvent,
  context: NarrateContext,
): readonly Notice[] {
  const occasion: Occasion = { incident, event, context };
  return tell(occasion).flatMap((telling) => noticesOf(telling, occasion));
}

/** What is not here is written down and told to nobody: approvals are followed by a plan, steps by their outcome. */
function tell(occasion: Occasion): readonly Telling[] {
  const { event } = occasion;
  switch (event.type) {
    case 'judged':
      return wouldHave(occasion);
    case 'monitored':
      return monitored(occasion, event.because);
    case 'level-reached':
      return levelReached(occasion, event);
    case 'approval-asked':
      return approvalAsked(occasion, event);
    case 'approval-expired':
      return approvalExpired(occasion);
    case 'escalated':
      return escalated(occasion, event.because);
    case 'plan-made':
      return planMade(occasion, event.plan);
    case 'proved':
      return proved(occasion);
    case 'rolled-back':
      return rolledBack(occasion, event.because);
    case 'proof-failed':
      return proofFailed(occasion, event.because);
    case 'plan-failed':
      return planFailed(occasion, event.because);
    case 'contained':
      return contained(occasion, event.because);
    case 'stood-down':
      return stoodDown(occasion, event.because);
    case 'superseded':
    case 'aborted':
      return ended(occasion, event.because);
    case 'rejected':
      return rejected(occasion, event.reason);
    case 'resolved':
      return resolved(occasion, event.reason);
    default:
      return [];
  }
}
