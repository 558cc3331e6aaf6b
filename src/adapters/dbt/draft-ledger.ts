import type { Draft } from './manifest-node.ts';

const CHUNK = 1024 * 1024;

/** How the numbered nodes of a project depend on each other: pairs of child and parent. */
export interface Graph {
  readonly size: number;
  readonly edges: readonly number[];
  isTest(number: number): boolean;
  /** The name of an exposure; undefined for any other node. */
  exposure(number: number): string | undefined;
}

/**
 * The drafts of a manifest, packed as text outside the heap: a large project has 30,000 of them, of which one look
 * asks for a few. Kept as objects they would cost more than the rest of the daemon.
 */
export class DraftLedger implements Graph {
  readonly edges: number[] = [];
  /** The files that nodes are written in, each of them one node's own. */
  readonly files = new Set<string>();
  /** Enabled tests and unit tests, in the manifest's order. */
  readonly tests: string[] = [];
  /** Sources whose freshness is watched. */
  readonly watchedSources: string[] = [];
  /** Enabled models, seeds and snapshots that are tables or views. */
  readonly relations: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #texts = new PackedTexts();
  /** Place of a node's text; -1 for one that others depend on, and that is not there. */
  readonly #places: number[] = [];
  readonly #isTest: boolean[] = [];
  readonly #exposures = new Map<number, string>();

  get size(): number {
    return this.#places.length;
  }

  add(draft: Draft): void {
    const number = this.#numberOf(draft.id);
    this.#places[number] = this.#texts.add(pack(draft));
    this.#isTest[number] = isTest(draft);
    if (draft.path !== '') this.files.add(draft.path);
    if (draft.resource === 'exposure') this.#exposures.set(number, draft.name);
    if (isTest(draft)) {
      if (draft.enabled) this.tests.push(draft.id);
      return;
    }
    if (draft.watched && draft.enabled) this.watchedSources.push(draft.id);
    if (draft.relation !== null && draft.enabled && draft.resource !== 'source')
      this.relations.push(draft.id);
    for (const parent of draft.dependsOn) this.edges.push(number, this.#numberOf(parent));
  }

  get(id: string): Draft | undefined {
    const place = this.#places[this.#numbers.get(id) ?? -1] ?? -1;
    if (place === -1) return undefined;
    return unpack(id, this.#texts.at(place));
  }

  number(id: string): number | undefined {
    return this.#numbers.get(id);
  }

  isTest(number: number): boolean {
    return this.#isTest[number] === true;
  }

  exposure(number: number): string | undefined {
    return this.#exposures.get(number);
  }

  #numberOf(id: string): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const number = this.#places.length;
    this.#numbers.set(id, number);
    this.#places.push(-1);
    this.#isTest.push(false);
    return number;
  }
}

/** Whether it is a data test or a unit test. */
export function isTest(draft: Draft): boolean {
  return draft.resource === 'test' || draft.resource === 'unit_test';
}

const EMPTY: Omit<Draft, 'id'> = {
  resource: '',
  name: '',
  package: '',
  fqn: '',
  layer: '',
  tags: [],
  meta: [],
  owner: '',
  group: '',
  dbtSeverity: null,
  attached: '',
  dependsOn: [],
  path: '',
  enabled: true,
  watched: false,
  relation: null,
};

/** A draft as text, without its id and what is empty: most members of most nodes are. */
function pack({ id: _id, ...draft }: Draft): string {
  const said = Object.entries(draft).filter(
    ([, value]) =>
      value !== '' && value !== null && value !== false && !(Array.isArray(value) && value.length === 0),
  );
  return JSON.stringify({ ...Object.fromEntries(said), enabled: draft.enabled });
}

function unpack(id: string, text: string): Draft {
  const said: Partial<Draft> = JSON.parse(text);
  return { ...EMPTY, ...said, id };
}

/** Texts in large buffers, by place. */
class PackedTexts {
  readonly #chunks: Buffer[] = [];
  /** Chunk, beginning and end of each text, one after the other. */
  readonly #ends: number[] = [];
  #used = CHUNK;

  add(text: string): number {
    const length = Buffer.byteLength(text);
    if (this.#used + length > CHUNK) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK, length)));
      this.#used = 0;
    }
    const chunk = this.#chunks.length - 1;
    this.#chunks[chunk]?.write(text, this.#used);
    this.#ends.push(chunk, this.#used, this.#used + length);
    this.#used += length;
    return this.#ends.length / 3 - 1;
  }

  at(place: number): string {
    const [chunk = 0, from, to] = this.#ends.slice(place * 3, place * 3 + 3);
    return this.#chunks[chunk]?.toString('utf8', from, to) ?? '';
  }
}
