import { isoDate, saySecond } from './clock-face.ts';
import { sayDuration } from './duration.ts';
import type { Check, Incident } from './incident.ts';
import { codeSpan, prose, proseOfLines } from './markdown.ts';
import type { ReportFacts } from './report.ts';
import { type StepTold, tellSteps } from './step-story.ts';
import type { Instant } from './time.ts';
import { sayWeight, spoken } from './wording.ts';

const NAMED = 20;

/** What failed, each with its evidence, and what was decided on it. */
export function reason({ incident }: Pick<ReportFacts, 'incident'>): readonly string[] {
  const trace = incident.decision?.trace ?? null;
  const named = incident.breaches.slice(0, NAMED).map((each) => {
    const evidence =
      trace?.subject === each.subject ? `; ${prose(trace.value)}, ${prose(trace.samples)}` : '';
    const ended = each.clearedAt === null ? '' : `, passing again at ${moment(each.clearedAt)}`;
    return `- ${codeSpan(each.subject)}: ${prose(each.summary)}, since ${moment(each.since)}${ended} (rule ${codeSpan(each.rule)}, version ${codeSpan(each.ruleVersion)})${evidence}`;
  });
  const more = incident.breaches.length - named.length;
  return [
    ...named,
    ...(more > 0 ? [`- and ${more} more`] : []),
    ...(incident.request === null
      ? []
      : [`- asked for by ${prose(incident.request.by)}: ${prose(incident.request.reason)}`]),
    `- Severity and impact: ${prose(sayWeight(incident))}`,
    ...(trace === null
      ? []
      : [
          `- New: ${prose(trace.novelty.because)}`,
          `- Blame: ${prose(trace.blame.because)}`,
          `- Matrix: ${prose(trace.row.text)}`,
        ]),
  ];
}

/** The steps of every plan, with when they ended, how long they took and what came of them. */
export function actions({ incident }: Pick<ReportFacts, 'incident'>): readonly string[] {
  const told = tellSteps(incident);
  if (told.length === 0) return ['Nothing was changed.'];
  return told.map((each, index) => `${index + 1}. ${action(each)}`);
}

function action({ step, record, said, took, endedAt }: StepTold): string {
  const name = prose(said);
  if (record === null) return `${name}: not begun`;
  if (record.outcome === 'running' || endedAt === null)
    return `${name}: under way since ${moment(record.startedAt)}`;
  const lasted = took === null ? '' : `, ${sayDuration(took)}`;
  if (record.outcome === 'failed') {
    const byHand = step.byHand.length === 0 ? '' : `. By hand: ${step.byHand.map(codeSpan).join('; ')}`;
    return `${name}: failed at ${moment(endedAt)}${lasted}: ${proseOfLines(record.why ?? 'no reason given')}${byHand}`;
  }
  return `${name} at ${moment(endedAt)}${lasted}${results(record.result)}`;
}

/** What the step wrote down, but for what its sentence says already. */
function results(result: Readonly<Record<string, string>>): string {
  const said = new Set(['note', 'paused', 'resumed']);
  const parts = Object.entries(result)
    .filter(([name]) => !said.has(name))
    .map(([name, value]) => `${prose(spoken(name))} ${codeSpan(value)}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** The runbook's checklist, in its order. Only what passed is ticked. */
export function verification({ checks }: Pick<Incident, 'checks'>): readonly string[] {
  if (checks.length === 0) return CHECKLIST.map(([, name]) => `- [ ] ${name}: not verified`);
  const known = CHECKLIST.map(([check, name]) => {
    const found = checks.find((each) => each.name === check);
    return found === undefined ? `- [ ] ${name}: not configured` : line(name, found);
  });
  const others = checks.filter((each) => !CHECKLIST.some(([check]) => check === each.name));
  return [...known, ...others.map((each) => line(each.name, each))];
}

/** Our names for the checks, and the runbook's. */
const CHECKLIST: readonly (readonly [check: string, name: string])[] = [
  ['Code version', 'Code version correct'],
  ['Database state', 'Database state restored'],
  ['Data tests', 'Tests passing'],
  ['Application health', 'Application healthy'],
  ['Performance', 'Performance acceptable'],
];

function line(name: string, { is, detail }: Check): string {
  const said =
    is === 'not-configured' ? 'not configured' : is === 'passed' ? prose(detail) : `${is}, ${prose(detail)}`;
  return `- [${is === 'passed' ? 'x' : ' '}] ${prose(name)}: ${said}`;
}

/** `2026-11-18 02:13:41`: a report is read years later. */
export function moment(at: Instant): string {
  return `${isoDate(at)} ${saySecond(at)}`;
}
