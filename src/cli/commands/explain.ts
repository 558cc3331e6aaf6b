import type { Command } from 'commander';
import { type Incident, isFinal, needsPerson, traceOf } from '../../core/incident.ts';
import type { DecisionEntry } from '../../ports/store.ts';
import { decisionsOf, type IncidentStory, incidentOf } from '../api.ts';
import { facts, table, wrap } from '../layout.ts';
import { sayClock, sayLeft, sayMoment, saySecond } from '../moment.ts';
import { countOption, withDaemon, withExample } from '../options.ts';
import { sayIncident } from '../sentence.ts';
import { type Look, mark, type Shape } from '../shape.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';
import { renderStep } from '../step.ts';
import { label, renderTrace } from '../trace.ts';
import { checkShape, count, sayGroup } from '../words.ts';

interface ExplainOptions extends DaemonOptions {
  readonly limit: number;
}

/** `rollbackd explain INC-12`, and `rollbackd explain production` for what was left alone there. */
export function define(command: Command, shell: Shell): void {
  command.argument('<what>', 'an incident, or an environment: what was left alone there, and why');
  withDaemon(command).option('--limit <count>', 'of an environment: at most so many', countOption, 20);
  withExample(command, 'explain INC-12', 'explain production');
  command.action(async (what: string, options: ExplainOptions) => {
    const client = await clientFor(shell, options);
    const { look, io } = shell;
    const id = /^inc-\d+$/i.test(what) ? what.toUpperCase() : null;
    if (id !== null) {
      const { json, value } = await incidentOf(client, id);
      return show(shell, options, { json, lines: renderIncident(value, look, io.now()) });
    }
    const { json, value } = await decisionsOf(client, what, options.limit);
    show(shell, options, { json, lines: renderLeftAlone(what, value.decisions, { look, now: io.now() }) });
  });
}

/** The whole answer to "why this and nothing else". */
export function renderIncident(incident: IncidentStory, look: Look, now: number): string[] {
  const trace = traceOf(incident);
  return [
    ...wrap(sayIncident(incident), look.columns),
    '',
    ...(trace === null ? withoutTrace(incident, look) : renderTrace(trace, look, now)),
    ...block(breachLines(incident, look, now)),
    ...block(planLines(incident, look, now)),
    ...block(checkLines(incident, look)),
    ...block(waitingLines(incident, look, now)),
    '',
    `Next: ${nextStep(incident)}`,
  ];
}

/** Decisions that opened no incident, newest first: restraint is a result. */
export function renderLeftAlone(
  environment: string,
  decisions: readonly DecisionEntry[],
  { look, now }: { readonly look: Look; readonly now: number },
): string[] {
  if (decisions.length === 0)
    return [`Nothing was left alone in ${environment}.`, '', 'Next: rollbackd status'];
  const columns = ['When', 'Decided', 'Subject', 'Because'].map((title) => ({ title }));
  const rows = decisions.map(({ at, decision }) => [
    sayMoment(at, now),
    `${mark(decision.do === 'wait' ? 'running' : 'not-yet', look)} ${DECIDED[decision.do]}`,
    decision.trace?.subject ?? '',
    decision.because,
  ]);
  return [
    `${count(decisions.length, 'decision')} in ${environment} opened no incident.`,
    '',
    ...table(columns, rows, look),
    '',
    `Next: rollbackd explain ${environment} --output json, for the whole trace of each`,
  ];
}

const DECIDED: Readonly<Record<DecisionEntry['decision']['do'], string>> = {
  nothing: 'left alone',
  wait: 'waits',
  monitor: 'watched',
  assess: 'a person chooses',
  ask: 'asks',
  rollback: 'rolls back',
  escalate: 'needs a person',
  suppressed: 'held back',
  'stand-down': 'stood down',
};

function block(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

/** An incident that a person began has no rule to show. */
function withoutTrace({ request, decision, title }: Incident, look: Look): string[] {
  const asked: readonly [string, string, string?][] =
    request === null
      ? [[label('What'), title]]
      : [
          [label('Asked by'), request.by, request.reason],
          [
            label('Target'),
            request.to ?? 'the last good one',
            request.unproven ? 'may be unproven' : 'must be proven good',
          ],
        ];
  return facts([...asked, [label('Decided'), decision?.do ?? 'nothing yet', decision?.because ?? '']], look);
}

/** The other breaches of the incident, and those that cleared. */
function breachLines(incident: Incident, look: Look, now: number): string[] {
  if (incident.breaches.length < 2) return [];
  const shape = (clearedAt: number | null): Shape => (clearedAt === null ? 'wrong' : 'well');
  return facts(
    incident.breaches.map(({ summary, severity, clearedAt, since }, index) => [
      label(index === 0 ? 'Breaches' : ''),
      `${mark(shape(clearedAt), look)} ${summary}`,
      clearedAt === null
        ? `${severity}, since ${saySecond(since, now)}`
        : `passes since ${saySecond(clearedAt, now)}`,
    ]),
    look,
  );
}

function planLines(incident: Incident, look: Look, now: number): string[] {
  const plan = incident.plans.at(-1);
  if (plan === undefined) return [];
  const steps = plan.steps.map((step, index) => renderStep(step, { incident, index, look, now }));
  const asks = plan.needsApproval.map((reason) => `${mark('needs-person', look)} needs a person: ${reason}`);
  const warnings = [...asks, ...plan.warnings];
  return facts(
    [
      [label('Plan'), plan.title],
      ...steps.map(({ text, remark }): [string, string, string] => [label(''), text, remark]),
      ...warnings.map((text): [string, string] => [label(''), text]),
    ],
    look,
  );
}

function checkLines({ checks }: Incident, look: Look): string[] {
  return facts(
    checks.map(({ is, name, detail }, index) => [
      label(index === 0 ? 'Proof' : ''),
      `${mark(checkShape(is), look)} ${name}`,
      is === 'passed' ? detail : `${is.replaceAll('-', ' ')}: ${detail}`,
    ]),
    look,
  );
}

const WAITS: readonly Incident['state'][] = ['waiting_approval', 'assessing'];

/** Who is asked, how long is left, who knows, and what comes by itself. */
function waitingLines(incident: IncidentStory, look: Look, now: number): string[] {
  const rows: [string, string][] = [];
  const { approval, acknowledged, state } = incident;
  if (approval !== null && approval.answer === null && WAITS.includes(state)) {
    const who = `${sayGroup(approval.of)} (${approval.people.join(', ')})`;
    const until = `${sayLeft(approval.deadline, now)}, until ${sayClock(approval.deadline)} UTC`;
    rows.push([
      label('Waiting'),
      `${mark('needs-person', look)} ${who}, asked ${saySecond(approval.askedAt, now)}, ${until}`,
    ]);
  }
  if (approval?.answer != null) {
    rows.push([
      label('Answer'),
      `${approval.answer.is} by ${approval.answer.by} at ${saySecond(approval.answer.at, now)}`,
    ]);
  }
  if (acknowledged !== null) {
    rows.push([
      label('Has it'),
      `${acknowledged.by}, since ${saySecond(acknowledged.at, now)}, until ${sayClock(acknowledged.expires)} UTC`,
    ]);
  }
  const told = incident.notifications.filter((each) => each.state === 'delivered');
  const failed = incident.notifications.filter((each) => each.state === 'rejected' || each.state === 'dead');
  if (told.length > 0) rows.push([label('Told'), [...new Set(told.map((each) => each.to))].join(', ')]);
  for (const each of failed)
    rows.push([
      label('Not told'),
      `${mark('wrong', look)} ${each.to} by ${each.via}: ${each.lastError ?? 'refused'}`,
    ]);
  for (const [index, { what, at }] of incident.pendingActions.entries()) {
    rows.push([label(index === 0 ? 'Then' : ''), `${saySecond(at, now)}  ${what}`]);
  }
  return facts(rows, look);
}

function nextStep({ id, state, approval }: Incident): string {
  if (isFinal(state)) return `rollbackd report ${id}`;
  if ((state === 'waiting_approval' || state === 'assessing') && approval?.answer == null) {
    return `rollbackd approve ${id}, rollbackd reject ${id} --reason "...", or rollbackd plan ${id}`;
  }
  if (state === 'acting' || state === 'verifying' || state === 'probation')
    return `rollbackd events ${id}, or rollbackd abort ${id} --reason "..."`;
  if (state === 'unanswered')
    return `rollbackd approve ${id}, or rollbackd resolve ${id} --as stood_down --reason "..."`;
  if (needsPerson(state))
    return `rollbackd ack ${id}, then rollbackd resolve ${id} --as fixed_forward --reason "..."`;
  return `rollbackd ack ${id}, or rollbackd events ${id}`;
}
