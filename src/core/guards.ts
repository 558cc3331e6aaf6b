import type { Assessed } from './assess.ts';
import type { Guard, GuardName } from './decision.ts';
import { short } from './deployment.ts';
import { sayDuration } from './duration.ts';
import { MOST_AT_ONCE } from './elsewhere.ts';
import type { Facts } from './facts.ts';
import { FEWEST, isFlapping } from './flapping.ts';
import { blindness, silences } from './silence.ts';
import type { Instant } from './time.ts';

/** A guard with what a failed one leads to. */
export interface Guarded extends Guard {
  /** `suppress`: recorded as "would have"; `wait`: looked at again; `escalate`: a person decides. */
  readonly otherwise: 'suppress' | 'wait' | 'escalate';
  readonly until: Instant | null;
}

/** Every guard, passed or not, in the order in which they count. */
export function guard(
  facts: Facts,
  assessed: readonly Assessed[],
  now: Instant,
  self: string | null,
): readonly Guarded[] {
  return [
    armed(facts),
    notFrozen(facts, now),
    production(facts),
    noRollbackRunning(facts, self),
    noDeploymentRunning(facts, now),
    sourcesLive(facts, now),
    dataFresh(assessed),
    noCoolDown(facts, now),
    budget(facts, now),
    notFlapping(facts, assessed),
  ];
}

function result(
  name: GuardName,
  passed: boolean,
  because: string,
  otherwise: Guarded['otherwise'],
  until: Instant | null = null,
): Guarded {
  return { name, passed, because, otherwise, until };
}

function armed({ mode }: Facts): Guarded {
  if (mode.mode === 'armed') return result('armed', true, `armed by ${mode.by}`, 'suppress');
  const because =
    mode.mode === 'shadow' ? 'in shadow mode nothing is done' : `disarmed by ${mode.by}: ${mode.reason}`;
  return result('armed', false, because, mode.mode === 'shadow' ? 'suppress' : 'escalate');
}

function notFrozen(facts: Facts, now: Instant): Guarded {
  const freeze = activeFreeze(facts, now);
  if (freeze === undefined) return result('not-frozen', true, 'not frozen', 'wait');
  return result('not-frozen', false, `frozen by ${freeze.by}: ${freeze.reason}`, 'wait', freeze.until);
}

/** The freeze that holds now, if any. */
export function activeFreeze(facts: Pick<Facts, 'freezes'>, now: Instant) {
  return facts.freezes.find((each) => each.from <= now && (each.until === null || now < each.until));
}

function production({ environment }: Facts): Guarded {
  const passed = environment.tier === 'production';
  return result(
    'production',
    passed,
    passed ? 'production' : `${environment.name} is not production`,
    'suppress',
  );
}

function noRollbackRunning(facts: Facts, self: string | null): Guarded {
  const other = facts.incidents.find(
    (each) => each.id !== self && (each.state === 'acting' || each.state === 'verifying'),
  );
  const acting = facts.elsewhere.filter((each) => each.acting).map(({ environment }) => environment);
  if (other === undefined && acting.length >= MOST_AT_ONCE) {
    const because = `${acting.join(' and ')} are being rolled back: no more than ${MOST_AT_ONCE} at once`;
    return result('no-rollback-running', false, because, 'wait');
  }
  if (other === undefined) return result('no-rollback-running', true, 'no rollback is running', 'wait');
  return result('no-rollback-running', false, `${other.id} is being rolled back`, 'wait');
}

function noDeploymentRunning({ deploying, environment }: Facts, now: Instant): Guarded {
  if (deploying === null || now >= deploying.since + environment.deploysWithin) {
    return result('no-deployment-running', true, 'no deployment is running', 'wait');
  }
  const until = deploying.since + environment.deploysWithin;
  return result(
    'no-deployment-running',
    false,
    `${short(deploying.commit)} is being deployed`,
    'wait',
    until,
  );
}

/** Blind where a required source fails, or most of them are at once: then nothing is done. */
function sourcesLive(facts: Facts, now: Instant): Guarded {
  const { environment, sources } = facts;
  const silent = silences(facts, now);
  const required = silent.find((each) => each.fails && environment.required.includes(each.source));
  const answer = sources.filter((each) => !silent.some(({ source }) => source === each.source)).length;
  const text = `${answer} of ${sources.length} sources`;
  if (required === undefined && blindness(facts, now).length === 0)
    return result('sources-live', true, text, 'wait');
  const because =
    required === undefined
      ? `only ${text} answer`
      : `${required.source} does not answer: ${required.because}`;
  return result('sources-live', false, because, 'wait');
}

function dataFresh(assessed: readonly Assessed[]): Guarded {
  const stale = assessed.length > 0 && assessed.every(({ breach }) => breach.stale);
  return result(
    'data-fresh',
    !stale,
    stale ? 'the evidence is too old to act on' : 'the evidence is fresh',
    'wait',
  );
}

function noCoolDown({ rollbacks, environment }: Facts, now: Instant): Guarded {
  const last = rollbacks.reduce<Instant | null>((newest, each) => Math.max(newest ?? 0, each.at), null);
  const until = last === null ? null : last + environment.limits.coolDown;
  if (until === null || now >= until) return result('no-cool-down', true, 'no cool-down', 'escalate');
  const because = `rolled back ${sayDuration(now - (last ?? now))} ago, the cool-down is ${sayDuration(environment.limits.coolDown)}`;
  return result('no-cool-down', false, because, 'escalate', until);
}

function budget({ rollbacks, environment }: Facts, now: Instant): Guarded {
  const { count, per } = environment.limits.budget;
  const spent = rollbacks.filter((each) => each.at > now - per).length;
  const because = `budget ${spent} of ${count} in ${sayDuration(per)}`;
  return result('budget', spent < count, because, 'escalate');
}

function notFlapping(facts: Facts, assessed: readonly Assessed[]): Guarded {
  const flapper = assessed.find(({ breach }) => {
    const signals = facts.history.of(breach.rule.signal, breach.subject)?.signals ?? [];
    if (breach.rule.over !== null || signals.length < FEWEST) return false;
    return isFlapping(signals.slice(-42).map((signal) => breach.rule.when({ signal })));
  });
  if (flapper === undefined) return result('not-flapping', true, 'not flapping', 'escalate');
  return result('not-flapping', false, `${flapper.breach.subject} keeps changing its answer`, 'escalate');
}
