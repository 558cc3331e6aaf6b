import { isPlatformFailure } from '../../core/platform-failure.ts';
import type { Severity } from '../../core/rule.ts';
import type { AttributeValue, Signal } from '../../core/signal.ts';
import type { Instant } from '../../core/time.ts';
import type { RunResults, Sources } from './artifact.ts';
import { weighRun } from './evidence.ts';
import type { ManifestIndex } from './manifest.ts';
import type { FreshnessResult, Metadata, NodeResult } from './schema.ts';
import { factsOf, type TestFacts } from './test-facts.ts';

/** For whom, and by which mapping, signals are written. */
export interface Voice {
  readonly environment: string;
  readonly source: string;
  readonly severity: (test: TestFacts) => Severity;
  readonly errorsAreFailures: boolean;
}

/** One invocation, and who started it where it was ourselves. */
interface Telling {
  readonly voice: Voice;
  readonly index: ManifestIndex | null;
  readonly metadata: Metadata;
  readonly began: Instant;
  readonly startedBy: string | null;
}

type Attributes = Readonly<Record<string, AttributeValue>>;

/** The signals of run_results.json: the invocation itself, and what it proves. Ids depend on nothing but the file. */
export function tellRun(run: RunResults, about: Omit<Telling, 'metadata' | 'began'>): readonly Signal[] {
  const telling = { ...about, metadata: run.metadata, began: beganOf(run.metadata, run.elapsedSeconds) };
  const evidence = weighRun(run);
  const said = { command: commandOf(run), elapsed: run.elapsedSeconds, empty: run.arguments.empty };
  const full = run.arguments.full && said.command !== 'retry';
  if (evidence.is === 'none') {
    return [tellInvocation(telling, 'no-evidence', { ...said, full, reason: evidence.because })];
  }
  return [
    tellInvocation(telling, 'completed', { ...said, full, reason: '' }),
    ...evidence.tests.map((result) => tellTest(telling, result)),
    ...evidence.models.map((result) => tellModel(telling, result)),
  ];
}

/** The signals of sources.json. A watched source that is missing from the results could not be asked (EC21). */
export function tellSources(sources: Sources, about: Omit<Telling, 'metadata' | 'began'>): readonly Signal[] {
  const telling = {
    ...about,
    metadata: sources.metadata,
    began: beganOf(sources.metadata, sources.elapsedSeconds),
  };
  const said = { command: 'source freshness', elapsed: sources.elapsedSeconds, empty: false, full: true };
  const known = sources.results.filter((result) => FRESHNESS.has(result.status));
  if (sources.metadata.schema !== 3) {
    const reason = `sources.json has schema version v${sources.metadata.schema}; v3 is known`;
    return [tellInvocation(telling, 'no-evidence', { ...said, reason })];
  }
  return [
    tellInvocation(telling, 'completed', { ...said, reason: '' }),
    ...[...known, ...unanswered(sources, about.index)].map((result) => tellFreshness(telling, result)),
  ];
}

/** The signal of an invocation that left a manifest and no results (EC47). */
export function tellDeath(voice: Voice, metadata: Metadata): Signal {
  const telling = {
    voice,
    index: null,
    metadata,
    began: metadata.startedAt ?? metadata.generatedAt,
    startedBy: null,
  };
  const reason =
    'manifest.json is newer than the results: the command died, or it was one that writes no results (list, parse)';
  const said = { command: '', elapsed: 0, empty: false, full: false, reason };
  return { ...tellInvocation(telling, 'died', said), id: idOf(telling, 'died') };
}

const FRESHNESS: ReadonlySet<string> = new Set(['pass', 'warn', 'error', 'runtime error']);

function unanswered(sources: Sources, index: ManifestIndex | null): readonly FreshnessResult[] {
  // Until 1.7 dbt lists such a source itself.
  if (index === null || !isFrom1_8(sources.metadata.dbtVersion)) return [];
  const answered = new Set(sources.results.map((result) => result.id));
  const message =
    'the source is missing from the results: its freshness query failed, or it was not selected';
  return index.watchedSources
    .filter((id) => !answered.has(id))
    .map((id) => ({ id, status: 'runtime error', ageSeconds: null, message }));
}

function isFrom1_8(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 8);
}

function tellTest(telling: Telling, result: NodeResult): Signal {
  const status = result.status === 'error' && telling.voice.errorsAreFailures ? 'fail' : result.status;
  const known = factsOf(telling.index?.node(result.id), result.id);
  // A test of severity warn never fails by itself: somebody asked for warnings as errors (EC18).
  const facts: TestFacts = result.status === 'fail' ? { ...known, dbtSeverity: 'error' } : known;
  return tell(telling, 'dbt.test', result.id, {
    ...describe(telling, facts, status),
    dbt_severity: facts.dbtSeverity ?? 'error',
    failures: result.failures,
    model: facts.model,
    unit: facts.resource === 'unit_test',
    message: result.message,
    cause: causeOf(result),
    relation: result.relation,
    execution_seconds: result.executionSeconds,
  });
}

function tellModel(telling: Telling, result: NodeResult): Signal {
  const facts = factsOf(telling.index?.node(result.id), result.id);
  return tell(telling, 'dbt.model', result.id, {
    ...describe(telling, facts, result.status.replace(' ', '-')),
    resource: facts.resource,
    message: result.message,
    cause: causeOf(result),
    relation: result.relation,
    execution_seconds: result.executionSeconds,
  });
}

/** A model or a test that could not run because a connection failed says nothing of the code. */
function causeOf({ status, message }: NodeResult): string {
  return status === 'error' && isPlatformFailure(message) ? 'platform' : 'unknown';
}

function tellFreshness(telling: Telling, result: FreshnessResult): Signal {
  const facts = factsOf(telling.index?.node(result.id), result.id);
  return tell(telling, 'dbt.freshness', result.id, {
    ...describe(telling, facts, result.status.replace(' ', '-')),
    message: result.message,
    age_seconds: result.ageSeconds,
  });
}

function describe(telling: Telling, facts: TestFacts, status: string): Attributes {
  return {
    status,
    severity: telling.voice.severity(facts),
    name: facts.name,
    package: facts.package,
    fqn: facts.fqn,
    layer: facts.layer,
    tags: facts.tags,
    meta: facts.meta,
    owner: facts.owner,
    exposures: facts.exposures,
    descendants: facts.descendants,
    ...stamps(telling.metadata),
  };
}

interface Said {
  readonly command: string;
  readonly elapsed: number;
  readonly empty: boolean;
  readonly full: boolean;
  readonly reason: string;
}

function tellInvocation(telling: Telling, status: string, said: Said): Signal {
  const { command, reason, empty, full } = said;
  const signal = tell(telling, 'dbt.invocation', telling.voice.source, {
    status,
    command,
    reason,
    dbt_version: telling.metadata.dbtVersion,
    elapsed_seconds: said.elapsed,
    empty,
    full,
    ...stamps(telling.metadata),
  });
  return { ...signal, id: idOf(telling, 'invocation') };
}

/** What the scheduler stamped through DBT_ENV_CUSTOM_ENV_*. */
function stamps({ env }: Metadata): Attributes {
  return {
    git_sha: env.GIT_SHA ?? '',
    dag_run_id: env.DAG_RUN_ID ?? '',
    last_try: !/^(false|no|0)$/i.test(env.LAST_TRY ?? ''),
  };
}

function tell(telling: Telling, kind: string, subject: string, attributes: Attributes): Signal {
  const { voice, metadata } = telling;
  return {
    id: idOf(telling, subject),
    environment: voice.environment,
    source: voice.source,
    kind,
    subject,
    at: metadata.generatedAt,
    began: telling.began,
    invocation: metadata.invocation,
    startedBy: telling.startedBy ?? metadata.env.ROLLBACKD_STEP ?? null,
    attributes,
  };
}

function idOf({ voice, metadata }: Telling, subject: string): string {
  return `${voice.environment}/${voice.source}/${metadata.invocation}/${subject}`;
}

function beganOf(metadata: Metadata, elapsedSeconds: number): Instant {
  return metadata.startedAt ?? metadata.generatedAt - Math.round(elapsedSeconds * 1_000);
}

const COMMANDS =
  /^(build|clone|compile|docs|list|ls|parse|retry|run|run-operation|seed|show|snapshot|source|test)$/;

/** The command as typed: `args.which` of a retry names the command that is retried. */
function commandOf(run: RunResults): string {
  const typed = run.arguments.invocationCommand.split(/\s+/).find((word) => COMMANDS.test(word));
  return typed === 'retry' ? 'retry' : run.arguments.which;
}
