import { sayDuration } from './duration.ts';
import { commands, linksTo, storyOf, whatIsWrong } from './message-parts.ts';
import type { Message, NoticeKind } from './notice.ts';
import { type Occasion, type Telling, toldBefore } from './telling.ts';
import { sayState, sayWeight, sentence } from './wording.ts';

/** It recovered by itself before anything was done. */
export function stoodDown(occasion: Occasion, because: string): readonly Telling[] {
  return close(occasion, 'stood-down', {
    headline: `${occasion.incident.title}: it has recovered, and nothing was rolled back.`,
    because,
  });
}

/** Superseded by a newer deployment, or stopped by a person. */
export function ended(occasion: Occasion, because: string): readonly Telling[] {
  const { incident } = occasion;
  return close(occasion, 'closed', {
    headline: `${incident.title}: ${incident.id} is ${sayState(incident.state)}.`,
    because,
  });
}

/** Somebody who was asked said no: the failure is known from now on. */
export function rejected(occasion: Occasion, reason: string): readonly Telling[] {
  const { incident, event } = occasion;
  return close(occasion, 'closed', {
    headline: `${event.by} declined the rollback of ${incident.environment}. What fails is known from now on and opens nothing again.`,
    because: reason,
  });
}

/** A person says that it is over. */
export function resolved(occasion: Occasion, reason: string): readonly Telling[] {
  const { incident, event } = occasion;
  return close(occasion, 'closed', {
    headline: `${event.by} resolved ${incident.id} as ${sayState(incident.state)}.`,
    because: reason,
  });
}

function close(
  occasion: Occasion,
  kind: NoticeKind,
  said: { readonly headline: string; readonly because: string },
): readonly Telling[] {
  const { incident, event, context } = occasion;
  const message: Message = {
    subject: `[${sayState(incident.state)}] ${incident.environment}: ${incident.title} (${incident.id})`,
    shape: incident.state === 'superseded' || incident.state === 'declined' ? 'not-yet' : 'well',
    word: sentence(sayState(incident.state)),
    about: sayWeight(incident),
    headline: said.headline,
    request: `${said.because === '' ? '' : `${sentence(said.because).replace(/\.$/, '')}. `}Nothing is asked of you.`,
    links: linksTo(context, [{ label: `Open ${incident.id}`, page: incident.id }]),
    sections: [
      whatIsWrong(occasion),
      ...(incident.steps.length === 0
        ? []
        : [commands('What was done', [['Report', `rollbackd report ${incident.id}`]])]),
    ],
    footer: [
      `It lasted ${sayDuration(event.at - incident.openedAt)}. No further mail follows unless it breaks again.`,
      `You get this because you were told of ${incident.id}. ${storyOf(incident)}`,
    ],
  };
  return [{ kind, to: toldBefore(occasion), message }];
}
