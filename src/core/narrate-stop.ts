import { currentPlan, type Incident } from './incident.ts';
import {
  checkFact,
  commands,
  linksTo,
  type Section,
  storyOf,
  targetName,
  whatFollows,
  whatIsWrong,
} from './message-parts.ts';
import type { Fact, Message, NoticeKind, Shape } from './notice.ts';
import { tellSteps } from './step-story.ts';
import { everybodyTold, type Occasion, type Telling } from './telling.ts';
import { sayWeight } from './wording.ts';

/** The rollback did not prove healthy. A second one is never made by itself. */
export function proofFailed(occasion: Occasion, because: string): readonly Telling[] {
  const { incident } = occasion;
  return broken(occasion, {
    kind: 'verification-failed',
    tag: 'not verified',
    word: 'Verification failed',
    shape: 'wrong',
    headline: `${incident.environment} was taken back to ${targetName(occasion)} and is not proven healthy: ${because}.`,
  });
}

/** The plan stopped in the middle: what is done, what is not, and the commands for the rest. */
export function planFailed(occasion: Occasion, because: string): readonly Telling[] {
  return broken(occasion, {
    kind: 'failed',
    tag: 'rollback failed',
    word: 'Rollback failed',
    shape: 'wrong',
    headline: `The rollback of ${occasion.incident.environment} stopped: ${because}.`,
  });
}

/** The pipeline stands still on purpose, until a person lets it go on. */
export function contained(occasion: Occasion, because: string): readonly Telling[] {
  return broken(occasion, {
    kind: 'escalated',
    tag: 'contained',
    word: 'Contained',
    shape: 'held',
    headline: `The pipeline of ${occasion.incident.environment} is held: ${because}.`,
  });
}

function broken(
  occasion: Occasion,
  said: { kind: NoticeKind; tag: string; word: string; shape: Shape; headline: string },
): readonly Telling[] {
  const { incident, context } = occasion;
  const { id, environment } = incident;
  const resume = currentPlan(incident)?.steps.some((step) => step.uses === 'schedule.pause') === true;
  const message: Message = {
    subject: `[${said.tag}, act now] ${environment}: ${incident.title} (${id})`,
    shape: said.shape,
    word: said.word,
    about: sayWeight(incident),
    headline: said.headline,
    request:
      'rollbackd does nothing more by itself: nothing is undone and nothing is tried again. A person has to finish it.',
    links: linksTo(context, [{ label: `Open ${id}`, page: id }]),
    sections: [
      ...stepSections(incident),
      ...(incident.checks.length === 0
        ? []
        : [{ title: 'Verification', facts: incident.checks.map(checkFact) }]),
      ...(said.tag === 'contained' ? [rollBackAfterAll(environment)] : []),
      commands('When it is finished', [
        ['Acknowledge', `rollbackd ack ${id}`],
        ['Resolve', `rollbackd resolve ${id} --as fixed_forward${resume ? ' --resume' : ''} --reason "..."`],
      ]),
      whatIsWrong(occasion),
    ],
    footer: [
      `You get this because you were told of ${id}, or are first on its ladder.`,
      whatFollows(occasion),
      storyOf(incident),
    ],
  };
  return [{ kind: said.kind, to: everybodyTold(occasion), message }];
}

/** A person's order makes a new plan, which lets the schedule go on when it is proven. */
function rollBackAfterAll(environment: string): Section {
  return commands('To roll back after all', [
    ['Roll back', `rollbackd rollback --environment ${environment} --reason "..."`],
  ]);
}

/** What is done, what is not, and the exact commands to finish by hand. */
function stepSections(incident: Incident): readonly Section[] {
  const plan = currentPlan(incident);
  const told = tellSteps(incident).filter((each) => each.plan === plan);
  if (told.length === 0) return [];
  const facts = told.map((each): Fact => {
    const outcome = each.record?.outcome ?? 'not begun';
    const shape: Shape = outcome === 'done' ? 'well' : outcome === 'failed' ? 'wrong' : 'not-yet';
    const why = each.record?.why ?? null;
    return { label: each.said, value: why === null ? outcome : `${outcome}: ${why}`, shape };
  });
  const byHand = told.filter((each) => each.record?.outcome !== 'done').flatMap((each) => each.step.byHand);
  return [
    { title: 'What is done and what is not', facts },
    ...(byHand.length === 0
      ? []
      : [
          {
            title: 'To finish it by hand',
            facts: byHand.map((value, index) => ({ label: `${index + 1}`, value, code: true })),
          },
        ]),
  ];
}
