/**
 * A value that never shows itself: text, JSON and inspection say `<secret>`.
 * Read where it is used (`reveal`), so that a rotated secret file counts without a reload.
 */
export class Secret {
  readonly #read: () => string;

  constructor(read: string | (() => string)) {
    this.#read = typeof read === 'string' ? () => read : read;
  }

  reveal(): string {
    return this.#read();
  }

  toString(): string {
    return '<secret>';
  }

  toJSON(): string {
    return '<secret>';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '<secret>';
  }
}
