import type { Signal } from '../../core/signal.ts';
import { type Duration, type Instant, minutes, seconds } from '../../core/time.ts';
import type { Observation, Relation, SignalSource } from '../../ports/signal-source.ts';
import { runCanary, tellCanary } from './canaries.ts';
import { type Connection, Connections } from './connections.ts';
import { readDatabases } from './databases.ts';
import { expectedRelations } from './expected.ts';
import { SqlFailure } from './failure.ts';
import { readFreshness } from './freshness.ts';
import { Gaps } from './gaps.ts';
import type { Look } from './look.ts';
import { firstOpened } from './opening.ts';
import type { SqlServerSourceOptions } from './options.ts';
import { readQueryStore } from './query-store.ts';
import { notRead, readRelations } from './relations.ts';
import { loadStatements, type Statements } from './statements.ts';
import { readSuspectPages } from './suspect-pages.ts';
import { Turns } from './turns.ts';
import { voiceOf } from './voice.ts';

export type { SqlServerSourceOptions } from './options.ts';

/** Watches the databases of one SQL Server; only reads. */
export function createSqlServerSource(options: SqlServerSourceOptions): SignalSource {
  return new Source(options);
}

class Source implements SignalSource {
  readonly name: string;
  readonly environment: string;
  readonly poll: Duration;
  readonly #options: SqlServerSourceOptions;
  readonly #statements: Statements = loadStatements();
  readonly #connections: Connections;
  readonly #gaps: Gaps;
  readonly #turns = new Turns();
  /** Damaged pages that were told already. */
  readonly #toldPages = new Set<string>();
  #opened: Instant | null = null;

  constructor(options: SqlServerSourceOptions) {
    const { name, environment, poll, server, now, log } = options;
    this.name = name;
    this.environment = environment;
    this.poll = poll;
    this.#options = options;
    this.#connections = new Connections(server, this.#statements.identity, now);
    this.#gaps = new Gaps(name, log);
  }

  async observe(abort: AbortSignal): Promise<Observation> {
    const { directory, now, databases, relations, slowAfter = seconds(1) } = this.#options;
    abort.throwIfAborted();
    this.#opened ??= await firstOpened(directory, now());
    const look: Look = {
      connections: this.#connections,
      statements: this.#statements,
      voice: voiceOf(this),
      gap: this.#gaps.tell,
      slowAfter,
      now,
      abort,
    };
    const home = await this.#connections.open('master', 'look', abort);
    const states = await readDatabases(look, home, databases);
    const pages = await this.#pages(look, home);
    const known = await relations();
    const parts = await Promise.all(
      databases.map((database) => this.#database(look, { database, known, status: states.status })),
    );
    abort.throwIfAborted();
    for (const { id } of pages) this.#toldPages.add(id);
    return { signals: [...states.signals, ...pages, ...parts.flat()], catalogue: null };
  }

  watch(): () => void {
    return () => undefined;
  }

  async busy(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  async #pages(look: Look, home: Connection): Promise<readonly Signal[]> {
    const { suspectPages, databases } = this.#options;
    if (!suspectPages) return [];
    try {
      const found = await readSuspectPages(look, home, { databases, since: this.#opened ?? 0 });
      return found.filter(({ id }) => !this.#toldPages.has(id));
    } catch (error) {
      notRead(look, 'suspect pages', error);
      return [];
    }
  }

  /** Everything of one database, as far as it can be reached: the others go on without it. */
  async #database(
    look: Look,
    place: {
      readonly database: string;
      readonly known: readonly Relation[];
      readonly status: ReadonlyMap<string, string>;
    },
  ): Promise<readonly Signal[]> {
    const { database, status } = place;
    const state = status.get(database) ?? 'ONLINE';
    const told: Signal[] = [];
    try {
      if (state === 'ONLINE') await this.#parts(look, place, told);
      else told.push(...this.#unanswered(look, database, `the database ${database} is ${state}`));
      if (state === 'ONLINE') this.#gaps.mend(database);
    } catch (error) {
      if (!(error instanceof SqlFailure)) throw error;
      look.gap(database, error.message);
      const said = new Set(told.map(({ kind, subject }) => `${kind} ${subject}`));
      told.push(
        ...this.#unanswered(look, database, error.message).filter(
          ({ kind, subject }) => !said.has(`${kind} ${subject}`),
        ),
      );
    }
    return told;
  }

  async #parts(
    look: Look,
    { database, known }: { readonly database: string; readonly known: readonly Relation[] },
    told: Signal[],
  ): Promise<void> {
    const { canaries, databases, rows, queryStore } = this.#options;
    const limit = Math.max(this.poll, minutes(1));
    const own = canaries.filter((canary) => canary.database === database);
    const turn = { name: `canaries of ${database}`, budget: limit / 2 };
    await this.#turns.take(own, turn, async (canary) => {
      told.push(...tellCanary(look, canary, await runCanary(look, canary)));
    });
    const part = async (what: string, read: (connection: Connection) => Promise<readonly Signal[]>) => {
      const connection = await look.connections.open(database, 'look', look.abort);
      try {
        told.push(...(await read(connection)));
        this.#gaps.mend(`${what} of ${database}`);
      } catch (error) {
        notRead(look, `${what} of ${database}`, error);
      }
    };
    const expected = expectedRelations({ databases, listed: rows.relations, known });
    const relations = expected.filter((relation) => relation.database === database);
    const wanted = { options: this.#options, relations, turns: this.#turns, budget: limit / 5 };
    if (relations.length > 0)
      await part('relations', (connection) => readRelations(look, connection, wanted));
    const settings = this.#options;
    await part('freshness', (connection) => readFreshness(look, connection, { settings, known }));
    if (queryStore.enabled)
      await part('the Query Store', (connection) => readQueryStore(look, connection, queryStore));
  }

  /** Its canaries say why there is no time of them. */
  #unanswered(look: Look, database: string, error: string): readonly Signal[] {
    const run = { took: null, timedOut: false, error, isCold: false, blockedBy: null, waits: null };
    return this.#options.canaries
      .filter((canary) => canary.database === database)
      .flatMap((canary) => tellCanary(look, canary, run));
  }
}
