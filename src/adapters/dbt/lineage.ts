import type { Graph } from './draft-ledger.ts';
import { createPace } from './pace.ts';

/** What lies downstream of a node: its exposures by name, and how many nodes that are no tests. */
export interface Downstream {
  readonly exposures: readonly string[];
  readonly descendants: number;
}

/** What lies downstream of nodes, by number. Of one node it was found before; of several it is found when asked. */
export type Lineage = (from: readonly number[]) => Downstream;

const NONE: readonly string[] = [];

/** Finds for every node what lies downstream of it. Lets other work in while it counts. */
export async function traceLineage(graph: Graph): Promise<Lineage> {
  const walk = createWalk(graph);
  const pace = createPace();
  const counts = new Int32Array(graph.size);
  const exposures = new Map<number, readonly string[]>();
  for (let node = 0; node < graph.size; node += 1) {
    if (graph.isTest(node)) continue;
    const found = walk([node]);
    counts[node] = found.descendants;
    if (found.exposures.length > 0) exposures.set(node, found.exposures);
    await pace();
  }
  return (from) => {
    const [only] = from;
    if (from.length !== 1 || only === undefined) return walk(from);
    return { exposures: exposures.get(only) ?? NONE, descendants: counts[only] ?? 0 };
  };
}

function createWalk(graph: Graph): Lineage {
  const children = childrenOf(graph);
  const seen = new Int32Array(graph.size);
  let round = 0;
  return (from) => {
    round += 1;
    const stack = [...from];
    const exposures: string[] = [];
    let descendants = 0;
    for (const start of from) seen[start] = round;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const end = children.starts[at + 1] ?? 0;
      for (let place = children.starts[at] ?? 0; place < end; place += 1) {
        const child = children.list[place] ?? 0;
        if (seen[child] === round) continue;
        seen[child] = round;
        descendants += 1;
        stack.push(child);
        const exposure = graph.exposure(child);
        if (exposure !== undefined) exposures.push(exposure);
      }
    }
    return { exposures: exposures.length === 0 ? NONE : exposures.sort(), descendants };
  };
}

/** The children of node `n` are `list[starts[n]]` to before `list[starts[n + 1]]`. */
function childrenOf({ size, edges }: Graph) {
  const starts = new Int32Array(size + 1);
  for (let at = 1; at < edges.length; at += 2) {
    const after = (edges[at] ?? 0) + 1;
    starts[after] = (starts[after] ?? 0) + 1;
  }
  for (let node = 0; node < size; node += 1) starts[node + 1] = (starts[node + 1] ?? 0) + (starts[node] ?? 0);
  const list = new Int32Array(edges.length / 2);
  const next = starts.slice();
  for (let at = 0; at < edges.length; at += 2) {
    const parent = edges[at + 1] ?? 0;
    const place = next[parent] ?? 0;
    list[place] = edges[at] ?? 0;
    next[parent] = place + 1;
  }
  return { starts, list };
}
