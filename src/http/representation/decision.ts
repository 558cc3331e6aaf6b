import * as z from 'zod';
import { type Blame, type Decision, GUARDS, type Trace } from '../../core/decision.ts';
import { writeDuration } from '../../core/duration.ts';
import { ACTIONS } from '../../core/matrix.ts';
import { IMPACTS, SEVERITIES } from '../../core/rule.ts';
import type { DecisionEntry } from '../../ports/store.ts';
import { at, atOrNull, durationOrNull, durationText, instantText } from './instant.ts';

const traceReply = z.object({
  rule: z.string(),
  rule_version: z.string(),
  place: z.string(),
  asks: z.string(),
  kind: z.string(),
  verdict: z.string(),
  since: instantText,
  subject: z.string(),
  value: z.string(),
  invocation: z.string().nullable(),
  samples: z.string(),
  data_age: durationText,
  age_limit: durationText.nullable(),
  novelty: z.object({ is: z.string(), because: z.string() }),
  blame: z.object({
    deployment: z.string().nullable(),
    at_most: z.enum(['act', 'ask', 'escalate', 'leave']),
    because: z.string(),
  }),
  severity: z.enum(SEVERITIES),
  impact: z.enum(IMPACTS),
  row: z.object({ number: z.number().int(), text: z.string() }),
  guards: z.array(z.object({ name: z.enum(GUARDS), passed: z.boolean(), because: z.string() })),
  targets: z.array(
    z.object({ deployment: z.string(), commit: z.string(), chosen: z.boolean(), because: z.string() }),
  ),
  strategies: z.array(z.object({ strategy: z.string(), chosen: z.boolean(), because: z.string() })),
});

/** A decision with its trace. */
export const decisionReply = z
  .object({
    do: z.enum([
      'nothing',
      'wait',
      'monitor',
      'assess',
      'ask',
      'rollback',
      'escalate',
      'suppressed',
      'stand-down',
    ]),
    would: z.enum(ACTIONS).nullable(),
    by: z.string().nullable(),
    because: z.string(),
    until: instantText.nullable(),
    target: z.string().nullable(),
    trace: traceReply.nullable(),
  })
  .meta({ id: 'Decision' });
export type DecisionReply = z.infer<typeof decisionReply>;

export function representDecision(decision: Decision): DecisionReply {
  return {
    do: decision.do,
    would: decision.would,
    by: decision.by,
    because: decision.because,
    until: atOrNull(decision.until),
    target: decision.target,
    trace: decision.trace === null ? null : representTrace(decision.trace),
  };
}

/** A decision outside any incident. */
export const decisionEntryReply = z.object({
  key: z.string(),
  environment: z.string(),
  at: instantText,
  decision: decisionReply,
});

export function representDecisionEntry(entry: DecisionEntry): z.infer<typeof decisionEntryReply> {
  const { key, environment, decision } = entry;
  return { key, environment, at: at(entry.at), decision: representDecision(decision) };
}

function representTrace(trace: Trace): z.infer<typeof traceReply> {
  const { ruleVersion, dataAge, ageLimit, ...same } = trace;
  return {
    ...same,
    rule_version: ruleVersion,
    since: at(trace.since),
    data_age: writeDuration(dataAge),
    age_limit: durationOrNull(ageLimit),
    blame: representBlame(trace.blame),
    guards: [...trace.guards],
    targets: [...trace.targets],
    strategies: [...trace.strategies],
  };
}

function representBlame({ deployment, atMost, because }: Blame): z.infer<typeof traceReply>['blame'] {
  return { deployment, at_most: atMost, because };
}
