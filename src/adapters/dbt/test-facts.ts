import type { ManifestNode } from './manifest.ts';

/** What the mapping of the configuration may know of a test, a model or a source to give it a severity. */
export interface TestFacts {
  /** dbt's unique id. */
  readonly id: string;
  readonly name: string;
  readonly resource: 'test' | 'unit_test' | 'model' | 'seed' | 'snapshot' | 'source';
  readonly package: string;
  /** Fully qualified name with dots; empty without a manifest. */
  readonly fqn: string;
  readonly layer: string;
  readonly tags: readonly string[];
  /** `key=value`. */
  readonly meta: readonly string[];
  readonly owner: string;
  /** Unique id of the node a test looks at. */
  readonly model: string;
  readonly exposures: readonly string[];
  readonly descendants: number;
  /** dbt's own severity of a data test; null where there is none, or without a manifest. */
  readonly dbtSeverity: 'error' | 'warn' | null;
}

/** Everything known of a node; without a manifest only what its id says. */
export function factsOf(node: ManifestNode | undefined, id: string): TestFacts {
  const [type = '', owner = '', ...rest] = id.split('.');
  const resource = RESOURCES.find((one) => one === (node?.resource ?? type)) ?? 'model';
  if (node !== undefined) return { ...node, resource };
  const name = (type === 'test' ? rest[0] : rest.join('.')) ?? id;
  const nothing = {
    fqn: '',
    layer: '',
    tags: [],
    meta: [],
    owner: '',
    model: '',
    exposures: [],
    descendants: 0,
  };
  return { ...nothing, id, name: name === '' ? id : name, resource, package: owner, dbtSeverity: null };
}

const RESOURCES = ['test', 'unit_test', 'model', 'seed', 'snapshot', 'source'] as const;
