import { sayWhen } from './clock-face.ts';
import { ACTIONS, type Action } from './matrix.ts';
import { commands, linksTo, storyOf, targetName, whatFollows, whatIsWrong } from './message-parts.ts';
import type { Message } from './notice.ts';
import { sayContacts } from './recipients.ts';
import { standing } from './standing.ts';
import { ladderOf, type Occasion, type Telling, toldBefore } from './telling.ts';
import { listed, sayWeight } from './wording.ts';

/** A level of the ladder: its contacts, over its channels. What is only watched is a plain notice. */
export function levelReached(
  occasion: Occasion,
  { level: name, skipped }: { readonly level: string; readonly skipped: readonly string[] },
): readonly Telling[] {
  const level = ladderOf(occasion).find((each) => each.level === name);
  if (level === undefined) return [];
  const skips =
    skipped.length === 0
      ? []
      : [
          `${listed(skipped)} became due while nobody was told, and ${skipped.length === 1 ? 'was' : 'were'} skipped.`,
        ];
  const why = `You get this because you are ${sayContacts(level.contacts)}, level ${name} of ${occasion.incident.environment}.`;
  return [
    {
      kind: occasion.incident.state === 'monitoring' ? 'monitoring' : 'level',
      to: level.contacts,
      level: name,
      via: level.via,
      stopsWhenAcknowledged: true,
      message: status(occasion, { tag: name, footer: [...skips, why, whatFollows(occasion)] }),
    },
  ];
}

/** What was asked about, or needed a person, is now only watched. In shadow mode it is all that is told. */
export function monitored(occasion: Occasion, because: string): readonly Telling[] {
  const before = toldBefore(occasion);
  if (occasion.incident.shadow && before.length === 0) return [opinion(occasion, 'watch it', because)];
  if (before.length === 0) return [];
  const footer = [`You get this because you were told of ${occasion.incident.id}.`];
  return [{ kind: 'monitoring', to: before, message: status(occasion, { tag: 'watched', footer }) }];
}

/** It goes to people: those who know of it hear it here, the others by the ladder. */
export function escalated(occasion: Occasion, because: string): readonly Telling[] {
  const to = toldBefore(occasion);
  if (to.length === 0) return [];
  const footer = [`You get this because you were told of ${occasion.incident.id}.`, whatFollows(occasion)];
  return [{ kind: 'escalated', to, message: status(occasion, { tag: 'decide', footer, because }) }];
}

/** Shadow mode: what would have been done, told when the opinion is new or has become stricter. */
export function wouldHave(occasion: Occasion): readonly Telling[] {
  const { decision } = occasion.incident;
  if (decision === null || decision.by !== 'shadow' || !isNewOpinion(occasion)) return [];
  const target = targetName(occasion);
  const words: Readonly<Record<Action, string>> = {
    rollback: `roll ${occasion.incident.environment} back to ${target}`,
    ask: `ask whether to roll back to ${target}`,
    assess: 'ask for an assessment',
    monitor: 'watch it',
  };
  return [
    opinion(
      occasion,
      decision.would === null ? 'tell people and do nothing' : words[decision.would],
      decision.because,
    ),
  ];
}

function isNewOpinion({ incident, context }: Occasion): boolean {
  if (context.toldBefore.length === 0) return true;
  const would = incident.decision?.would ?? null;
  const before = context.before?.decision?.would ?? null;
  if (would === null || context.before === undefined || context.before?.decision === null) return false;
  return before === null || ACTIONS.indexOf(would) > ACTIONS.indexOf(before);
}

function opinion(occasion: Occasion, would: string, because: string): Telling {
  const { incident, context } = occasion;
  return {
    kind: 'would-have',
    to: ladderOf(occasion)[0]?.contacts ?? [],
    message: {
      subject: `[shadow] ${incident.environment}: would ${would} (${incident.id})`,
      shape: 'not-yet',
      word: 'Shadow mode',
      about: sayWeight(incident),
      headline: `${incident.title}. rollbackd would ${would}.`,
      request: `Nothing was done and nothing is asked of you: ${because}.`,
      links: linksTo(context, [{ label: `Open ${incident.id}`, page: incident.id }]),
      sections: [
        whatIsWrong(occasion),
        commands('If you want it to act', [['Let it act', `rollbackd arm ${incident.environment}`]]),
      ],
      footer: ['You get this because you are the first level of the ladder.', storyOf(incident)],
    },
  };
}

/** How the incident stands, for people who can acknowledge it. */
function status(
  occasion: Occasion,
  words: { readonly tag: string; readonly footer: readonly string[]; readonly because?: string },
): Message {
  const { incident, event, context } = occasion;
  const { shape, word, request } = standing(occasion, words.because);
  const rung =
    words.tag === 'watched' || words.tag === 'decide' ? words.tag : `${words.tag} ${word.toLowerCase()}`;
  return {
    subject: `[${rung}] ${incident.environment}: ${incident.title} (${incident.id})`,
    shape,
    word,
    about: sayWeight(incident),
    headline: `${incident.title}${onset(occasion)}.`,
    request,
    links: linksTo(context, [{ label: `Open ${incident.id}`, page: incident.id }]),
    sections: [
      whatIsWrong(occasion),
      ...(incident.acknowledged === null && incident.state !== 'monitoring'
        ? [commands('What you can do', [['Acknowledge', `rollbackd ack ${incident.id}`], ...ways(occasion)])]
        : []),
    ],
    footer: [
      ...words.footer,
      `It was opened at ${sayWhen(incident.openedAt, event.at)} UTC. ${storyOf(incident)}`,
    ],
  };
}

function onset({ context }: Occasion): string {
  return context.blamed === null ? '' : ` after ${context.blamed.commit.slice(0, 7)} was deployed`;
}

/** What else helps in this state, as commands. */
function ways({ incident }: Occasion): readonly (readonly [string, string])[] {
  const { id, environment } = incident;
  switch (incident.state) {
    case 'acting':
    case 'verifying':
      return [['Stop it', `rollbackd abort ${id} --reason "..."`]];
    case 'escalated':
    case 'unanswered':
      return [
        ['Roll back', `rollbackd rollback --environment ${environment} --reason "..."`],
        ['Fixed forward', `rollbackd resolve ${id} --as fixed_forward --reason "..."`],
      ];
    case 'contained':
      return [
        ['Roll back', `rollbackd rollback --environment ${environment} --reason "..."`],
        ['Resolve', `rollbackd resolve ${id} --as fixed_forward --reason "..." --resume`],
      ];
    case 'failed':
    case 'verification_failed':
      return [['Resolve', `rollbackd resolve ${id} --as fixed_forward --reason "..." --resume`]];
    default:
      return [];
  }
}
