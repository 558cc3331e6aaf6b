import type { AttributeValue, Signal } from '../../core/signal.ts';
import type { Instant } from '../../core/time.ts';
import type { SqlServerSourceOptions } from './options.ts';

/** One thing that was found. */
export interface Fact {
  readonly kind: `sql.${string}`;
  readonly subject: string;
  readonly at: Instant;
  /** When the measured work began; default: `at`. */
  readonly began?: Instant;
  /** What makes it this fact and no other; default: when it was observed. */
  readonly key?: string;
  /** What is undefined is not said. */
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>>;
}

/** Makes a signal of a fact. */
export type Voice = (fact: Fact) => Signal;

export function voiceOf({
  name: source,
  environment,
}: Pick<SqlServerSourceOptions, 'name' | 'environment'>): Voice {
  return ({ kind, subject, at, began = at, key = String(at), attributes }) => ({
    id: [source, kind, subject, key].join('/'),
    environment,
    source,
    kind,
    subject,
    at,
    began,
    invocation: null,
    startedBy: null,
    attributes: Object.fromEntries(
      Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
  });
}
