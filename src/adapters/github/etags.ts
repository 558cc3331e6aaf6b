/** A reply that is kept, so that GitHub need only say that nothing changed. */
export interface Kept {
  readonly etag: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

const MOST_REPLIES = 300;
const MOST_BYTES = 16_000_000;

/** The replies to polls, the least recently used forgotten first. A reply that changed nothing costs no rate limit. */
export class Etags {
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  get(url: string): Kept | undefined {
    const found = this.#kept.get(url);
    if (found === undefined) return undefined;
    this.#kept.delete(url);
    this.#kept.set(url, found);
    return found;
  }

  keep(url: string, kept: Kept): void {
    this.#forget(url);
    if (kept.body.length > MOST_BYTES / 8) return;
    this.#kept.set(url, kept);
    this.#bytes += kept.body.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_REPLIES && this.#bytes <= MOST_BYTES) return;
      this.#forget(oldest);
    }
  }

  #forget(url: string): void {
    this.#bytes -= this.#kept.get(url)?.body.length ?? 0;
    this.#kept.delete(url);
  }
}
