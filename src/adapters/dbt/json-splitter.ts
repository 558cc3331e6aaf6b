const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Which members of the outermost object are wanted: as a whole, or element by element. The rest is passed over. */
export interface Wanted {
  readonly whole: ReadonlySet<string>;
  readonly each: ReadonlySet<string>;
}

/** Gets one parsed value: a whole member (`key` null), or an element of one (`key` null in a list). */
export type Take = (member: string, key: string | null, value: unknown) => void;

/**
 * Splits one large JSON object into its elements, so that neither the text nor the whole tree is ever in memory.
 * It finds only where an element begins and ends; JSON.parse reads it. `feed` takes the text piece by piece, `end`
 * says that there is no more; both throw SyntaxError when it is not one complete JSON object.
 */
export class JsonSplitter {
  readonly #wanted: Wanted;
  readonly #take: Take;
  readonly #text = new Capture();
  #depth = 0;
  #ended = false;
  #inString = false;
  #escaped = false;
  #readsKey = false;
  #expectsKey = false;
  #member = '';
  #key: string | null = null;
  /** Inside a member that is wanted element by element. */
  #each = false;

  constructor(wanted: Wanted, take: Take) {
    this.#wanted = wanted;
    this.#take = take;
  }

  feed(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at += 1) {
      if (this.#inString) {
        at = this.#passString(chunk, at);
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (byte === QUOTE) this.#beginString(at);
      // Deep inside an element only brackets count, and they are the highest of these bytes.
      else if (this.#depth < 3 || byte >= OPEN_ARRAY) this.#structure(byte, chunk, at);
    }
    this.#text.carry(chunk);
  }

  end(): void {
    if (!this.#ended) throw new SyntaxError('the JSON text ends too early');
  }

  /** Index of the string's closing quote, or the chunk's length when it goes on in the next one. */
  #passString(chunk: Buffer, from: number): number {
    let escaped = this.#escaped;
    let at = from;
    for (; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) break;
    }
    this.#escaped = escaped;
    if (at === chunk.length) return at;
    this.#inString = false;
    if (this.#readsKey) this.#endKey(chunk, at);
    return at;
  }

  #beginString(at: number): void {
    if (this.#depth === 0) throw new SyntaxError('text outside the JSON object');
    this.#inString = true;
    this.#readsKey = this.#expectsKey && this.#hasMembers();
    if (this.#readsKey) this.#text.begin(at + 1);
  }

  #endKey(chunk: Buffer, at: number): void {
    this.#readsKey = false;
    const name = String(JSON.parse(`"${this.#text.end(chunk, at)}"`));
    if (this.#depth === 1) this.#member = name;
    else this.#key = name;
  }

  #structure(byte: number, chunk: Buffer, at: number): void {
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#open(byte, at);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.#close(chunk, at);
    else if (this.#hasMembers()) {
      if (byte === COLON) this.#beginValue(at);
      else if (byte === COMMA) this.#separate(chunk, at);
    } else if (this.#depth === 0 && byte > 0x20) throw new SyntaxError('text outside the JSON object');
  }

  #hasMembers(): boolean {
    return this.#depth === 1 || (this.#depth === 2 && this.#each);
  }

  #open(byte: number, at: number): void {
    this.#depth += 1;
    if (this.#depth === 1) {
      if (byte !== OPEN_OBJECT || this.#ended) throw new SyntaxError('not one JSON object');
      this.#expectsKey = true;
    } else if (this.#depth === 2 && this.#each) {
      this.#expectsKey = byte === OPEN_OBJECT;
      if (!this.#expectsKey) this.#text.begin(at + 1);
    }
  }

  #close(chunk: Buffer, at: number): void {
    if (this.#depth === 0) throw new SyntaxError('closed more often than opened');
    if (this.#hasMembers()) this.#finish(chunk, at);
    if (this.#depth === 2) this.#each = false;
    this.#depth -= 1;
    this.#expectsKey = false;
    this.#ended = this.#depth === 0;
  }

  #beginValue(at: number): void {
    this.#expectsKey = false;
    if (this.#depth === 2) {
      this.#text.begin(at + 1);
      return;
    }
    this.#key = null;
    this.#each = this.#wanted.each.has(this.#member);
    if (this.#wanted.whole.has(this.#member)) this.#text.begin(at + 1);
  }

  #separate(chunk: Buffer, at: number): void {
    this.#finish(chunk, at);
    const inList = this.#depth === 2 && this.#key === null;
    if (inList) this.#text.begin(at + 1);
    else this.#expectsKey = true;
  }

  #finish(chunk: Buffer, at: number): void {
    if (!this.#text.isOn()) return;
    const text = this.#text.end(chunk, at);
    if (text.trim() !== '') this.#take(this.#member, this.#key, JSON.parse(text));
  }
}

/** Remembers a stretch of bytes, also across chunks. */
class Capture {
  #carried: Buffer[] = [];
  #from = -1;

  isOn(): boolean {
    return this.#from >= 0;
  }

  begin(at: number): void {
    this.#from = at;
    this.#carried = [];
  }

  end(chunk: Buffer, at: number): string {
    const from = this.#from;
    this.#from = -1;
    if (this.#carried.length === 0) return chunk.toString('utf8', from, at);
    const text = Buffer.concat([...this.#carried, chunk.subarray(from, at)]).toString('utf8');
    this.#carried = [];
    return text;
  }

  /** The chunk is over and its buffer may be used again, so what is still needed is copied. */
  carry(chunk: Buffer): void {
    if (this.#from < 0) return;
    this.#carried.push(Buffer.from(chunk.subarray(this.#from)));
    this.#from = 0;
  }
}
