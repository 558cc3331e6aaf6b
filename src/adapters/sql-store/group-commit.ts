import { Conflict } from '../../ports/store.ts';
import { checkpointWhenQuiet } from './checkpoint.ts';
import type { Result, Sqlite } from './sqlite.ts';
import type { Bound } from './statement.ts';

/** One statement of a write. */
export interface Step {
  readonly statement: Bound<unknown>;
  /** Set where it must change exactly one row: what the Conflict says otherwise. */
  readonly orConflict?: string;
}

/** A change of the state: all of its steps happen or none. */
export interface Write<T> {
  readonly steps: readonly Step[];
  /** What the steps' results mean. */
  readonly answer: (results: readonly Result[]) => T;
}

export interface GroupCommit {
  /**
   * Resolves once it is durable. Rejects with Conflict, this write alone; with OutsideError where SQLite failed, this
   * write alone or, where the transaction is lost with it, every one of its group.
   */
  write<T>(write: Write<T>): Promise<T>;
  /** Resolves once what waits now is durable, or has failed. */
  written(): Promise<void>;
  /** Commits what waits, and refuses everything after. */
  close(): void;
}

interface Waiting {
  readonly steps: readonly Step[];
  readonly resolve: (results: readonly Result[]) => void;
  readonly reject: (error: unknown) => void;
}

/** One transaction per event-loop turn: one fsync for everything that was asked for in it. */
export function groupCommit(sqlite: Sqlite): GroupCommit {
  let queue: Waiting[] = [];
  let writing: PromiseWithResolvers<void> | undefined;
  let closed = false;
  const checkpoint = checkpointWhenQuiet(sqlite);

  const flush = () => {
    const group = queue;
    queue = [];
    if (group.length === 0) return;
    commitGroup(sqlite, group);
    writing?.resolve();
    writing = undefined;
    checkpoint.committed(group.reduce((sum, { steps }) => sum + steps.length, 0));
  };

  return {
    write: (write) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error('The store is closed'));
        if (queue.length === 0) setImmediate(flush);
        queue.push({
          steps: write.steps,
          resolve: (results) => resolve(write.answer(results)),
          reject,
        });
      }),
    async written() {
      if (queue.length === 0) return;
      writing ??= Promise.withResolvers();
      await writing.promise;
    },
    close: () => {
      closed = true;
      flush();
      checkpoint.stop();
    },
  };
}

function commitGroup(sqlite: Sqlite, group: readonly Waiting[]): void {
  const settlements: (() => void)[] = [];
  try {
    sqlite.control('BEGIN IMMEDIATE');
    for (const waiting of group) settlements.push(attempt(sqlite, waiting));
    sqlite.control('COMMIT');
  } catch (error) {
    if (sqlite.inTransaction()) sqlite.control('ROLLBACK');
    for (const waiting of group) waiting.reject(error);
    return;
  }
  // Conflicts are told after COMMIT too: what they lost against is durable by then.
  for (const settle of settlements) settle();
}

/** Does one write inside the group's transaction; throws only where the whole transaction is lost. */
function attempt(sqlite: Sqlite, waiting: Waiting): () => void {
  try {
    const results = waiting.steps.length === 1 ? runSteps(sqlite, waiting) : runTogether(sqlite, waiting);
    return () => answer(waiting, results);
  } catch (error) {
    // A full disk or a failing one makes SQLite end the transaction by itself.
    if (!sqlite.inTransaction()) throw error;
    return () => waiting.reject(error);
  }
}

function answer(waiting: Waiting, results: readonly Result[]): void {
  try {
    waiting.resolve(results);
  } catch (error) {
    waiting.reject(error);
  }
}

function runSteps(sqlite: Sqlite, { steps }: Waiting): readonly Result[] {
  return steps.map(({ statement, orConflict }) => {
    const result = sqlite.run(statement);
    if (orConflict !== undefined && result.changes !== 1) throw new Conflict(orConflict);
    return result;
  });
}

/** A single statement is all or nothing by itself; several need a savepoint to go back to. */
function runTogether(sqlite: Sqlite, waiting: Waiting): readonly Result[] {
  sqlite.control('SAVEPOINT write');
  try {
    const results = runSteps(sqlite, waiting);
    sqlite.control('RELEASE write');
    return results;
  } catch (error) {
    if (sqlite.inTransaction()) {
      sqlite.control('ROLLBACK TO write');
      sqlite.control('RELEASE write');
    }
    throw error;
  }
}
