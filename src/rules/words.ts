import { refuse, type Shape } from './shape.ts';

/** Values by words of somebody else's choosing (inputs of a workflow, labels, headers). One wrong value refuses all. */
export function words<T>(is: string, shape: Shape<T>): Shape<ReadonlyMap<string, T>> {
  return {
    is,
    schema: { type: 'object', additionalProperties: shape.schema },
    read(node, reading) {
      if (node.is !== 'map') return refuse(reading, node, `${is} are written as names and values`);
      const before = reading.problems.length;
      const read = node.entries.map(({ key, value }) => [key, shape.read(value, reading)] as const);
      if (reading.problems.length > before) return undefined;
      return new Map(read.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])));
    },
  };
}
