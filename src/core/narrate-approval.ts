import { sayWhen } from './clock-face.ts';
import type { Approval } from './incident.ts';
import { currentPlan } from './incident.ts';
import {
  commands,
  linksTo,
  type Section,
  storyOf,
  targetName,
  whatFollows,
  whatIsWrong,
} from './message-parts.ts';
import type { Message, NoticeKind } from './notice.ts';
import { peopleOf, sayContacts } from './recipients.ts';
import { ladderOf, type Occasion, type Telling, toldBefore } from './telling.ts';
import { listed, sayWeight, sentence, spoken } from './wording.ts';

/**
 * Everybody who may answer is asked. In the second round those who were asked before hear that it was passed on,
 * and may still answer. A question with a deadline is told past any cap.
 */
export function approvalAsked(
  occasion: Occasion,
  { approval, assess }: { readonly approval: Approval; readonly assess: boolean },
): readonly Telling[] {
  const asked = { approval, assess };
  if (approval.round === 1) {
    return [
      { kind: 'approval', to: approval.people, exempt: true, message: question(occasion, asked, 'approval') },
    ];
  }
  const level = ladderOf(occasion).find((each) => each.level === approval.then);
  const fresh = new Set(
    peopleOf(level?.contacts ?? [], occasion.context.policy).map((person) => person.name),
  );
  const before = approval.people.filter((name) => !fresh.has(name));
  const via = level === undefined ? {} : { via: level.via };
  return [
    {
      kind: 'approval',
      to: [...fresh],
      exempt: true,
      ...via,
      message: question(occasion, asked, 'approval'),
    },
    { kind: 'approval-passed-on', to: before, message: question(occasion, asked, 'approval-passed-on') },
  ];
}

/** Nobody answered twice: the top of the ladder is told, with everybody who knew. It never counts as yes. */
export function approvalExpired(occasion: Occasion): readonly Telling[] {
  const { incident, event, context } = occasion;
  const top = ladderOf(occasion).at(-1);
  const contacts = top?.contacts ?? [];
  const tops = new Set(peopleOf(contacts, context.policy).map((person) => person.name));
  const others = [...new Set([...toldBefore(occasion), ...(incident.approval?.people ?? [])])];
  const { id, environment } = incident;
  const message: Message = {
    subject: `[no answer] ${environment}: ${incident.approval?.question ?? 'roll back?'} (${id})`,
    shape: 'needs-person',
    word: 'Unanswered',
    about: sayWeight(incident),
    headline: `Nobody answered by ${sayWhen(event.at, event.at)} UTC, so nothing was rolled back.`,
    request: `No answer never counts as yes. ${incident.contain ? 'The pipeline is contained where that is possible. ' : ''}The rollback can still be started by anyone who was asked.`,
    links: linksTo(context, [{ label: `Open ${id}`, page: id }]),
    sections: [
      whatIsWrong(occasion),
      commands('What you can do', [
        ['Approve it still', `rollbackd approve ${id}`],
        ['Decline', `rollbackd reject ${id} --reason "..."`],
        ['Acknowledge', `rollbackd ack ${id}`],
      ]),
    ],
    footer: [
      `You get this because you were told of ${id}, or because you are ${sayContacts(contacts)}.`,
      whatFollows(occasion),
      storyOf(incident),
    ],
  };
  const level = top === undefined ? {} : { level: top.level, via: top.via };
  return [
    { kind: 'unanswered', to: [...tops], message, ...level },
    { kind: 'unanswered', to: others.filter((name) => !tops.has(name)), message },
  ];
}

interface Asked {
  readonly approval: Approval;
  readonly assess: boolean;
}

function question(occasion: Occasion, asked: Asked, kind: NoticeKind): Message {
  const { incident, event, context } = occasion;
  const { approval, assess } = asked;
  const by = `${sayWhen(approval.deadline, event.at)} UTC`;
  const passedOn = kind === 'approval-passed-on';
  const after = context.blamed === null ? '' : ` after ${context.blamed.commit.slice(0, 7)} was deployed`;
  const verb = assess ? 'decide' : 'approve';
  return {
    subject: `[${passedOn ? 'passed on' : `${verb} by ${by}`}] ${incident.environment}: ${headOf(approval.question)} (${incident.id})`,
    shape: 'needs-person',
    word: assess ? 'Waiting for an assessment' : 'Waiting for approval',
    about: sayWeight(incident),
    headline: `${incident.title}${after}.`,
    request: passedOn ? passOn(occasion, approval, by) : request(occasion, asked, by),
    links: linksTo(context, [{ label: 'Review and answer', page: incident.id }]),
    sections: [
      ...answers(occasion, asked),
      whatIsWrong(occasion),
      ...whyAsked(approval),
      whatHappens(occasion),
    ],
    footer: footer(occasion, approval),
  };
}

/** `roll back to 4b7e03d?`: the question itself; the reasons behind it are a section. */
function headOf(question: string): string {
  const end = question.indexOf('?');
  return end === -1 ? question : question.slice(0, end + 1);
}

function request(occasion: Occasion, { approval, assess }: Asked, by: string): string {
  const target = targetName(occasion);
  const role = `You may answer this as ${spoken(approval.of)}.`;
  const ask = assess
    ? `Roll back to ${target}, or decline and fix it forward, by ${by}.`
    : `Approve the rollback to ${target} or decline it by ${by}.`;
  return `${role} ${ask} ${otherwise(occasion, approval)}; it never counts as yes.`;
}

function passOn(occasion: Occasion, approval: Approval, by: string): string {
  const next = contactsOf(occasion, approval.then);
  return `Nobody answered in time, so ${next} is asked too, until ${by}. You may still answer.`;
}

function otherwise(occasion: Occasion, approval: Approval): string {
  if (approval.round === 1 && approval.then !== null)
    return `No answer goes to ${contactsOf(occasion, approval.then)}`;
  return 'No answer leaves the decision open and goes to the top of the ladder';
}

function contactsOf(occasion: Occasion, level: string | null): string {
  const found = ladderOf(occasion).find((each) => each.level === level);
  return found === undefined ? (level ?? 'nobody') : sayContacts(found.contacts);
}

/** Where there is no page to open, the commands come first. */
function answers({ incident, context }: Occasion, { assess }: Asked): readonly Section[] {
  if (context.publicUrl !== null) return [];
  const { id } = incident;
  return [
    commands('How to answer', [
      [assess ? 'Roll back' : 'Approve', `rollbackd approve ${id}`],
      ['Decline', `rollbackd reject ${id} --reason "..."`],
    ]),
  ];
}

function whyAsked(approval: Approval): readonly Section[] {
  const reasons = approval.question.slice(headOf(approval.question).length).trim();
  return reasons === '' ? [] : [{ title: 'Why a person is asked', text: `${sentence(reasons)}.` }];
}

/** The plan where it is made already; else what the command shows, for it is made at the moment of the yes. */
function whatHappens(occasion: Occasion): Section {
  const { incident } = occasion;
  const plan = currentPlan(incident);
  const again =
    'The failure is judged again at the moment you approve: if it has gone by then, nothing is done.';
  const title = 'What happens if you approve';
  if (plan?.kind === 'rollback') {
    const steps = plan.steps.map((step) => (step.detail === '' ? step.name : `${step.name}: ${step.detail}`));
    return { title, steps, text: [...plan.warnings.map((each) => sentence(each)), again].join(' ') };
  }
  const target = targetName(occasion);
  const { environment } = incident;
  return {
    title,
    text: `${sentence(environment)} goes back to ${target} and is proven healthy before its schedule goes on. ${again} The exact steps, changing nothing: \`rollbackd plan --environment ${environment}\``,
  };
}

function footer(occasion: Occasion, approval: Approval): readonly string[] {
  const { incident, event } = occasion;
  const asked = listed(approval.people.map(spoken));
  const next =
    approval.round === 1 && approval.then !== null
      ? contactsOf(occasion, approval.then)
      : 'the top of the ladder';
  return [
    `You get this because you are ${spoken(approval.of)} of ${incident.environment}. Asked: ${asked}; the first answer counts.`,
    `${whatFollows(occasion)} The decision: ${next} at ${sayWhen(approval.deadline, event.at)} UTC.`,
    storyOf(incident),
  ];
}
