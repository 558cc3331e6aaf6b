import type { Draft } from './manifest-node.ts';
import { createPace } from './pace.ts';

/** What lies downstream of a node: its exposures by name, and how many nodes that are no tests. */
export interface Downstream {
  readonly exposures: readonly string[];
  readonly descendants: number;
}

const NOTHING: Downstream = { exposures: [], descendants: 0 };

/** What a test looks at: the node it is attached to, else all it depends on; any other node stands for itself. */
export function lookedAt(draft: Draft): readonly string[] {
  if (!isTest(draft)) return [draft.id];
  return draft.attached === '' ? draft.dependsOn : [draft.attached];
}

/** Whether it is a data test or a unit test. */
export function isTest(draft: Draft): boolean {
  return draft.resource === 'test' || draft.resource === 'unit_test';
}

/** Finds for every node what lies downstream of it, or of what it tests. Lets other work in while it counts. */
export async function traceLineage(
  drafts: ReadonlyMap<string, Draft>,
): Promise<ReadonlyMap<string, Downstream>> {
  const walk = createWalk(drafts);
  const found = new Map<string, Downstream>();
  const pace = createPace();
  for (const draft of drafts.values()) {
    const from = lookedAt(draft);
    const [only] = from;
    // Most tests look at one node: what was found for it is used again.
    const known = from.length === 1 && only !== undefined ? found.get(only) : undefined;
    const downstream = known ?? walk(from);
    found.set(draft.id, downstream);
    if (from.length === 1 && only !== undefined && drafts.has(only)) found.set(only, downstream);
    await pace();
  }
  return found;
}

function createWalk(drafts: ReadonlyMap<string, Draft>): (from: readonly string[]) => Downstream {
  const list = [...drafts.values()].filter((draft) => !isTest(draft));
  const place = new Map(list.map((draft, index) => [draft.id, index]));
  const children = childrenOf(list, place);
  const seen = new Int32Array(list.length);
  let round = 0;
  return (from) => {
    round += 1;
    const starts = from.flatMap((id) => place.get(id) ?? []);
    const stack = [...starts];
    const exposures: string[] = [];
    let count = 0;
    for (const start of starts) seen[start] = round;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      for (const child of children[at] ?? []) {
        if (seen[child] === round) continue;
        seen[child] = round;
        count += 1;
        stack.push(child);
        const draft = list[child];
        if (draft?.resource === 'exposure') exposures.push(draft.name);
      }
    }
    return count === 0 ? NOTHING : { exposures: exposures.sort(), descendants: count };
  };
}

function childrenOf(
  list: readonly Draft[],
  place: ReadonlyMap<string, number>,
): readonly (readonly number[])[] {
  const children: number[][] = list.map(() => []);
  for (const [index, draft] of list.entries()) {
    for (const parent of draft.dependsOn) children[place.get(parent) ?? -1]?.push(index);
  }
  return children;
}
