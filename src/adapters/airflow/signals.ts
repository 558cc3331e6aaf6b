import type { AttributeValue, Signal } from '../../core/signal.ts';
import type { Instant } from '../../core/time.ts';
import { cut, plain } from '../../core/wording.ts';
import type { Component } from './health.ts';
import type { AirflowSourceOptions } from './options.ts';
import type { Dag, ImportError, Run, Task } from './schema.ts';

type Maker = Pick<AirflowSourceOptions, 'name' | 'environment'>;

interface Fact {
  readonly kind: string;
  readonly subject: string;
  /** What makes it this fact and no other of its kind and subject. */
  readonly key: readonly (string | number)[];
  readonly at: Instant;
  readonly began: Instant;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A fact of Airflow as a signal of one source. */
export function signalOf({ name, environment }: Maker, fact: Fact): Signal {
  const { kind, key, at, began, attributes } = fact;
  const subject = cut(plain(fact.subject), 500);
  return {
    id: [name, environment, kind, subject, ...key].join('/'),
    environment,
    source: name,
    kind,
    subject,
    at,
    began: Math.min(began, at),
    invocation: null,
    startedBy: null,
    attributes,
  };
}

export function componentFact(component: Component, version: string, at: Instant): Fact {
  const { status, because, heartbeatAge } = component;
  const attributes = { status, because, version, heartbeat_age_seconds: heartbeatAge };
  return { kind: 'airflow.component', subject: component.component, key: [at], at, began: at, attributes };
}

/** `dag` undefined: there is none. */
export function dagFact(
  subject: string,
  dag: Dag | undefined,
  { ours, at }: { readonly ours: boolean; readonly at: Instant },
): Fact {
  const status = dag === undefined || !dag.live ? 'missing' : dag.paused ? 'paused' : 'active';
  const because =
    dag === undefined
      ? 'Airflow knows no such DAG'
      : dag.live
        ? null
        : dag.broken
          ? 'its file cannot be imported'
          : 'its file is gone, or no longer defines it';
  const attributes = { status, because, paused_by_us: status === 'paused' && ours };
  return { kind: 'airflow.dag', subject, key: [at], at, began: at, attributes };
}

export function runFact(
  run: Run & { readonly endedAt: Instant },
  failed: readonly string[],
  severity: string,
): Fact {
  const { endedAt: at, startedAt } = run;
  const began = startedAt ?? at;
  return {
    kind: 'airflow.run',
    subject: run.dag,
    key: [run.run, at, run.state ?? ''],
    at,
    began,
    attributes: {
      status: run.state,
      run_id: cut(plain(run.run), 250),
      run_type: run.type,
      failed_tasks: failed,
      seconds: startedAt === null ? null : (at - startedAt) / 1_000,
      severity,
    },
  };
}

/** `try`: whether another try can follow. `at` stands in where Airflow names no end. */
export function taskFact(task: Task, said: string, at: Instant): Fact {
  const ended = task.endedAt ?? at;
  return {
    kind: 'airflow.task',
    subject: `${task.dag}.${task.task}`,
    key: [task.run, task.tryNumber ?? 0, task.state ?? '', said, task.endedAt ?? 0],
    at: ended,
    began: task.startedAt ?? ended,
    attributes: {
      status: task.state,
      try: said,
      try_number: task.tryNumber,
      max_tries: task.maxTries,
      dag: task.dag,
      task: cut(plain(task.task), 250),
      run_id: cut(plain(task.run), 250),
      operator: task.operator,
    },
  };
}

/** `since`: when it was first seen broken; Airflow renews its own time each time it reads the file. */
export function importErrorFact(error: ImportError, since: Instant): Fact {
  return {
    kind: 'airflow.import-error',
    subject: error.file,
    key: [since, 'present'],
    at: since,
    began: since,
    attributes: {
      status: 'present',
      file: cut(plain(error.file), 500),
      error: lastLine(error.stack),
      stack: cut(plain(error.stack.slice(-STACK))),
    },
  };
}

export function importMendedFact(file: string, since: Instant, at: Instant): Fact {
  const attributes = { status: 'gone', file: cut(plain(file), 500), error: null, stack: null };
  return { kind: 'airflow.import-error', subject: file, key: [since, 'gone'], at, began: since, attributes };
}

const STACK = 1_500;

/** The last line that says something: Python names the error there. */
export function lastLine(stack: string): string {
  const lines = stack.split('\n').filter((line) => line.trim() !== '');
  return cut(plain((lines.at(-1) ?? 'no reason given').trim()), 500);
}
