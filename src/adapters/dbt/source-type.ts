import { join } from 'node:path';
import { sayDuration } from '../../core/duration.ts';
import { hours, seconds } from '../../core/time.ts';
import type { Finding } from '../../ports/finding.ts';
import { duration, flag } from '../../rules/scalars.ts';
import { type Fields, optional } from '../../rules/shape.ts';
import { compileMapping } from '../../settings/mapping.ts';
import { place } from '../../settings/settings-scalars.ts';
import { type SourceType, sourceType } from '../../settings/source-type.ts';
import { DBT_KINDS } from './kinds.ts';

const fields = {
  target: optional(place, null, 'Where dbt writes its artifacts; without it they come by push only.'),
  died_after: optional(
    duration,
    null,
    'A run without results is taken as dead after this long; default: expect_every, an hour at least.',
  ),
  errors_are_failures: optional(flag, false, 'For dbt engines that report failing tests as errors.'),
} satisfies Fields;

/** What rollbackd.yaml says of a dbt source alone. */
export interface DbtSettings {
  readonly target: string | null;
  readonly diedAfter: number;
  readonly errorsAreFailures: boolean;
}

const dbt: SourceType<typeof fields, DbtSettings> = {
  type: 'dbt',
  kinds: DBT_KINDS,
  fields,
  defaults: { poll: seconds(30), expectEvery: null },
  own: ({ target, died_after: diedAfter, errors_are_failures: errors }, { expectEvery, surroundings }) => ({
    target: target === null ? null : surroundings.resolve(target),
    diedAfter: diedAfter ?? Math.max(expectEvery, hours(1)),
    errorsAreFailures: errors,
  }),
  async open({ name, own }, { environment, stateDirectory, severity, now, log }) {
    const { createDbtSource } = await import('./index.ts');
    return createDbtSource({
      name,
      environment: environment.environment.name,
      ...own,
      archive: join(stateDirectory, 'archive', environment.environment.name, name),
      severity: compileMapping(severity),
      now,
      log,
    });
  },
  async examine({ name, own: { target } }, { now }) {
    if (target === null) return [found('well', `${name}: artifacts come by push`)];
    const { inspectTarget } = await import('./inspect.ts');
    const facts = await inspectTarget(target);
    if (!facts.readable) {
      return [found('wrong', `${name}: ${facts.because}`, ['Look at: the path, and who may read it'])];
    }
    const { newest } = facts;
    if (newest === null) return [found('unknown', `${name}: ${facts.because}`)];
    const age = sayDuration(Math.max(0, now() - newest.at));
    const version = facts.dbtVersion ?? '?';
    return [found('well', `${name}: dbt ${version}, artifacts in ${target}, newest ${age} old`)];
  },
};

function found(shape: Finding['shape'], sentence: string, help: readonly string[] = []): Finding {
  return { system: 'dbt', shape, sentence, help };
}

/** Artifacts that dbt writes. */
export const dbtSourceType = sourceType(dbt);
