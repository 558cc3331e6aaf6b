import { type Duration, seconds } from '../../core/time.ts';
import type { Sqlite } from './sqlite.ts';

/** Moves what was committed from the write-ahead log into the database. */
export interface Checkpoint {
  /** So many statements were committed. */
  committed(statements: number): void;
  stop(): void;
}

/** Fewer statements than these are not worth a visit to the disk. */
const WORTH_IT = 200;
const QUIET: Duration = seconds(0.2);

/**
 * Does it while nobody writes: within the COMMIT that finds the log too long it takes longer than the COMMIT itself.
 * A log that grows without a pause is moved within a COMMIT all the same, at 10,000 pages (`sqlite.ts`).
 */
export function checkpointWhenQuiet(sqlite: Sqlite): Checkpoint {
  let count = 0;
  let timer: NodeJS.Timeout | undefined;
  const move = () => {
    count = 0;
    try {
      sqlite.all({ sql: 'PRAGMA wal_checkpoint(PASSIVE)', values: [] });
    } catch {
      // Nothing is lost: the log has it all. A disk that fails is told by the next COMMIT.
    }
  };
  return {
    committed(statements) {
      count += statements;
      if (count < WORTH_IT) return;
      clearTimeout(timer);
      timer = setTimeout(move, QUIET).unref();
    },
    stop: () => clearTimeout(timer),
  };
}
