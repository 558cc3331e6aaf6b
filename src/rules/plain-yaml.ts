import type { Source } from './source.ts';
import type { YamlNode } from './yaml-node.ts';
/** placeholder until measured */
export function readPlainYaml(_source: Source): YamlNode | undefined {
  return undefined;
}
