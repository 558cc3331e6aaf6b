import { sayWhen } from './clock-face.ts';
import type { Incident } from './incident.ts';
import { targetName } from './message-parts.ts';
import type { Shape } from './notice.ts';
import type { Occasion } from './telling.ts';
import { sayState, sentence, spoken } from './wording.ts';

/** How an incident stands, in one word and one sentence that says what is asked of the reader. */
export interface Standing {
  readonly shape: Shape;
  readonly word: string;
  readonly request: string;
}

/** What a person has to know of an incident's state. `because` says why, where the event knows better. */
export function standing(occasion: Occasion, because?: string): Standing {
  const { incident } = occasion;
  switch (incident.state) {
    case 'open':
      return opened(occasion);
    case 'waiting_approval':
    case 'assessing':
      return waiting(occasion);
    case 'monitoring':
      return {
        shape: 'not-yet',
        word: 'Being watched',
        request: 'Nothing is rolled back. Fix it forward when it suits you; nothing else is asked of you.',
      };
    case 'acting':
    case 'verifying':
      return {
        shape: 'running',
        word: sentence(sayState(incident.state)),
        request: `rollbackd is taking ${incident.environment} back to ${targetName(occasion)} and proves it. Nothing is asked of you now.`,
      };
    default:
      return needsPerson(incident, because ?? whyPerson(incident));
  }
}

function opened(occasion: Occasion): Standing {
  const { incident } = occasion;
  const { decision } = incident;
  if (decision?.do === 'rollback') {
    return {
      shape: 'running',
      word: 'Rolling back',
      request: `rollbackd takes ${incident.environment} back to ${targetName(occasion)} now and proves it. Nothing is asked of you.`,
    };
  }
  if (decision?.do === 'wait' || decision?.do === 'suppressed') {
    const until =
      decision.until === null ? '' : `, until ${sayWhen(decision.until, occasion.event.at)} UTC at most`;
    return {
      shape: 'held',
      word: 'Held back',
      request: `${spoken(decision.would ?? 'action')} is held back: ${decision.because}${until}. It is decided again then; you can act before.`,
    };
  }
  return { shape: 'wrong', word: 'Failing', request: 'Look at it, and acknowledge that you have seen it.' };
}

function waiting({ incident, event }: Occasion): Standing {
  const { approval } = incident;
  const word = sentence(sayState(incident.state));
  if (approval === null) return { shape: 'needs-person', word, request: 'Somebody has to decide.' };
  const when = (at: number) => `${sayWhen(at, event.at)} UTC`;
  const asked = `${sentence(spoken(approval.of))} was asked at ${when(approval.askedAt)} (${approval.question}) and has until ${when(approval.deadline)}.`;
  return {
    shape: 'needs-person',
    word,
    request: `${asked} Acknowledge that you have seen it: that stops the ladder, not the question.`,
  };
}

function needsPerson(incident: Incident, because: string): Standing {
  const word = sentence(sayState(incident.state));
  const request = `rollbackd does nothing more by itself${because === '' ? '' : `: ${because}`}. Somebody has to decide what happens now.`;
  return { shape: 'needs-person', word, request };
}

/** The reason as the incident remembers it: what failed last, or what the last decision said. */
function whyPerson(incident: Incident): string {
  const failed = incident.steps.findLast((step) => step.outcome === 'failed')?.why ?? null;
  const check = incident.checks.find((each) => each.is === 'failed');
  if (incident.state === 'unanswered') return 'nobody answered, and no answer never counts as yes';
  if (incident.state === 'escalated') return incident.decision?.because ?? '';
  return failed ?? check?.detail ?? incident.decision?.because ?? '';
}
