import type { Log } from '../../ports/log.ts';

/** Says why something was not read, under a key of its own. */
export type TellGap = (what: string, because: string) => void;

/** What could not be read, told in the log once for each reason, and again when the reason is another one. */
export class Gaps {
  readonly #told = new Map<string, string>();
  readonly #log: Log;
  readonly #source: string;

  constructor(source: string, log: Log) {
    this.#source = source;
    this.#log = log;
  }

  readonly tell: TellGap = (what, because) => {
    if (this.#told.get(what) === because) return;
    this.#told.set(what, because);
    this.#log.warn({ source: this.#source, what, because }, 'something of a database cannot be read');
  };

  /** It can be read again. */
  mend(what: string): void {
    this.#told.delete(what);
  }
}
