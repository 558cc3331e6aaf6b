/** A layer of the pipeline and what its nodes look like: matched against folders, schema, path and name, in this order. */
export interface LayerPattern {
  readonly layer: string;
  readonly pattern: RegExp;
}

/** The layers of a medallion project, most upstream first. */
export const MEDALLION: readonly LayerPattern[] = ['bronze', 'silver', 'gold'].map((layer) => ({
  layer,
  pattern: new RegExp(`(?:^|[^a-z])${layer}(?:[^a-z]|$)`, 'i'),
}));

/** What is known of a node's place: the surest word first. */
export interface Place {
  readonly fqn: readonly string[];
  readonly schema: string;
  readonly path: string;
  readonly name: string;
}

/** The layer of a node; empty when no pattern fits. */
export function layerOf(place: Place, layers: readonly LayerPattern[]): string {
  const folders = place.fqn.slice(1, -1);
  for (const word of [...folders, place.schema, place.path, place.name]) {
    const found = layers.find(({ pattern }) => pattern.test(word));
    if (found !== undefined) return found.layer;
  }
  return '';
}

/** Of several layers the most downstream one: what a test over two layers protects. */
export function lastLayer(names: readonly string[], layers: readonly LayerPattern[]): string {
  const order = layers.map(({ layer }) => layer);
  return names.reduce((last, name) => (order.indexOf(name) > order.indexOf(last) ? name : last), '');
}
