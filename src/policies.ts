import type { Policy } from './core/facts.ts';
import { isFinal } from './core/incident.ts';
import type { Log } from './ports/log.ts';
import type { Store } from './ports/store.ts';
import { loadRules, type RuleFile } from './rules/load-rules.ts';
import { policyOf } from './rules/policy.ts';
import { SIGNAL_KINDS } from './source-types.ts';

/** A policy with the files that it was read from. */
export interface WrittenPolicy {
  readonly policy: Policy;
  readonly texts: readonly RuleFile[];
}

interface Kept {
  readonly store: Store;
  readonly environments: readonly string[];
  readonly log: Log;
}

const LIST = 'policies';
const keyOf = (version: string) => `policy/${version}`;

/**
 * Writes down the policy in force, and returns the ones before it that open incidents began with, by version. What no
 * open incident needs any more is forgotten.
 */
export async function keepPolicies(
  { policy, texts }: WrittenPolicy,
  { store, environments, log }: Kept,
): Promise<ReadonlyMap<string, Policy>> {
  const { switches } = store;
  const { people, teams } = policy;
  await switches.set(
    keyOf(policy.version),
    JSON.stringify({ texts, people: [...people], teams: [...teams] }),
  );
  const needed = await versionsInUse({ store, environments, log });
  needed.delete(policy.version);
  const earlier = new Map<string, Policy>();
  for (const version of needed) {
    const read = readPolicy(await switches.get(keyOf(version)), version);
    if (read !== undefined) earlier.set(version, read);
    else
      log.warn({ version }, 'the rules an incident began with are not known: it is judged by those in force');
  }
  const before = JSON.parse((await switches.get(LIST)) || '[]') as readonly string[];
  const kept = new Set([policy.version, ...earlier.keys()]);
  for (const version of before) if (!kept.has(version)) await switches.set(keyOf(version), '');
  await switches.set(LIST, JSON.stringify([...kept]));
  return earlier;
}

async function versionsInUse({ store, environments }: Kept): Promise<Set<string>> {
  const found = new Set<string>();
  for (const name of environments) {
    for (const { state, policy } of await store.incidents.incidents(name, Number.MAX_SAFE_INTEGER)) {
      if (!isFinal(state) && policy !== undefined) found.add(policy);
    }
  }
  return found;
}

/** Undefined where it is not there, or does not say today what it said then. */
function readPolicy(text: string | undefined, version: string): Policy | undefined {
  if (!text) return undefined;
  const { texts, people, teams } = JSON.parse(text) as {
    texts: RuleFile[];
    people: [string, { name: string; email: string }][];
    teams: [string, string[]][];
  };
  const directory = { people: new Map(people), teams: new Map(teams) };
  const read = policyOf(loadRules(texts, SIGNAL_KINDS, 'left out'), directory);
  return read === undefined ? undefined : { ...read, version };
}
