import { type Assessed, isLive } from './assess.ts';
import type { Context } from './context.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { toldElsewhere } from './elsewhere.ts';

/** A breach that opens nothing, with the reason. */
export interface LeftAlone {
  /** The same as long as breach and reason are the same: it is written down once. */
  readonly key: string;
  readonly assessed: Assessed;
  readonly decision: Decision;
}

/** Why nothing is done about a breach: one cause has one incident, it has to hold longer, or it has been dealt with. */
export function leaveAlone(each: Assessed, { facts, now }: Omit<Context, 'matrix'>): LeftAlone {
  const { breach } = each;
  const base = { would: each.row.do, until: null, target: null };
  const key = `${facts.environment.name}/${breach.rule.name}/${breach.subject}/${breach.since}/${each.novelty.is}`;
  const traceOnly = decide({ facts, now, blamed: null, assessed: [each], incident: undefined }).trace;
  const other = isLive(each) ? toldElsewhere(breach, facts) : undefined;
  if (other !== undefined) {
    const because = `${other.incident} in ${other.environment} is about the same: one cause, one incident`;
    const decision: Decision = { ...base, do: 'nothing', by: 'common-cause', because, trace: traceOnly };
    return { key: `${key}/common-cause`, assessed: each, decision };
  }
  if (each.effective !== 'leave' && each.handledBy === null) {
    const because =
      breach.firesAt === null
        ? `${breach.rule.confirm.n} of ${breach.rule.confirm.of} are needed`
        : 'it has not held long enough';
    const decision: Decision = {
      ...base,
      do: 'wait',
      by: 'for',
      because,
      until: breach.firesAt,
      trace: traceOnly,
    };
    return { key: `${key}/wait`, assessed: each, decision };
  }
  const handled = each.handledBy !== null && each.effective !== 'leave';
  const by = handled ? 'already-handled' : each.novelty.is;
  const because = handled ? `${each.handledBy} has dealt with it` : each.blame.because;
  return {
    key: `${key}/${by}`,
    assessed: each,
    decision: { ...base, do: 'nothing', by, because, trace: traceOnly },
  };
}
