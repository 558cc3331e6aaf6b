import type { AdvanceContext } from './advance.ts';
import type { Considering } from './consider.ts';
import type { Decision } from './decision.ts';
import { short } from './deployment.ts';
import type { Policy } from './facts.ts';
import type { Approval, EventBody, Incident } from './incident.ts';
import type { Story } from './story.ts';

/** Puts the question to the row's approvers; past the deadline to the next people, once; then nobody is left. */
export function askPeople(story: Story, considering: Considering, context: AdvanceContext): void {
  const incident = story.incident as Incident;
  const assess = considering.decision.do === 'assess';
  const asked = incident.state === 'waiting_approval' || incident.state === 'assessing';
  if (!asked && !mayBeAsked(incident)) return;
  if (!asked || (incident.state === 'assessing' && !assess)) {
    const approval = firstRound(considering, context);
    if (approval === null && incident.state === 'escalated') return;
    story.tell(
      approval === null
        ? { type: 'escalated', because: 'nobody is named who could approve' }
        : { type: 'approval-asked', approval, assess },
    );
    return;
  }
  passOn(story, context, assess);
}

/** What was left to people is asked once it can be; whoever was asked before is not asked anew. */
function mayBeAsked({ state, approval }: Incident): boolean {
  return state === 'open' || state === 'monitoring' || (state === 'escalated' && approval === null);
}

/** Past its deadline the question goes to the next people, once; then nobody is left. */
export function passOn(story: Story, context: AdvanceContext, assess: boolean): void {
  const { approval, ladder } = story.incident as Incident;
  if (approval === null || approval.answer !== null || context.now < approval.deadline) return;
  const next = approval.round === 1 ? secondRound(approval, ladder, context) : null;
  story.tell(
    next === null ? { type: 'approval-expired' } : { type: 'approval-asked', approval: next, assess },
  );
}

/**
 * What a breach may only be asked about has a row that names approvers; where blame turned `rollback` into
 * `ask`, the row names none, and the first row that does is asked.
 */
function firstRound(
  { row, decision, blamed }: Considering,
  { policy, now }: Pick<AdvanceContext, 'policy' | 'now'>,
): Approval | null {
  const naming =
    row?.approvers === null || row === null ? policy.matrix.find((each) => each.approvers !== null) : row;
  if (naming === undefined || naming.approvers === null) return null;
  const people = expand([naming.approvers], policy);
  if (people.length === 0) return null;
  const within = naming.within ?? 3_600_000;
  return {
    of: naming.approvers,
    people,
    askedAt: now,
    deadline: now + within,
    round: 1,
    then: naming.then,
    within,
    question: question(decision, blamed === null ? null : short(blamed.commit)),
    answer: null,
  };
}

function question(decision: Decision, blamed: string | null): string {
  const candidate = decision.trace?.targets.find((each) => each.chosen);
  const to = candidate === undefined ? 'the last good version' : short(candidate.commit);
  return decision.do === 'assess'
    ? `roll ${blamed ?? 'it'} back to ${to}, or watch it?`
    : `roll back to ${to}?`;
}

/** The people of the `then` level are asked once more, for the same time; they then may approve too. */
function secondRound(
  approval: Approval,
  ladder: Incident['ladder'],
  { policy, now }: AdvanceContext,
): Approval | null {
  const level = ladder.find((each) => each.level === approval.then);
  const people = level === undefined ? [] : expand(level.contacts, policy);
  if (people.length === 0) return null;
  return {
    ...approval,
    of: `${approval.of} and ${level?.contacts.join(', ')}`,
    people: [...new Set([...approval.people, ...people])],
    deadline: now + approval.within,
    round: 2,
  };
}

/** Names of people behind names of people and teams. */
export function expand(
  names: readonly string[],
  policy: Pick<Policy, 'people' | 'teams'>,
): readonly string[] {
  const found = names.flatMap((name) => policy.teams.get(name) ?? (policy.people.has(name) ? [name] : []));
  return [...new Set(found)];
}

/** The question that is put where a plan needs a person, whatever its row says. */
export function askInstead(
  considering: Considering,
  reasons: readonly string[],
  context: Pick<AdvanceContext, 'policy' | 'now'>,
): EventBody {
  const approval = firstRound(considering, context);
  if (approval === null)
    return { type: 'escalated', because: `nobody is named who could approve: ${reasons.join('; ')}` };
  return {
    type: 'approval-asked',
    approval: { ...approval, question: `${approval.question} ${reasons.join('; ')}` },
    assess: false,
  };
}
