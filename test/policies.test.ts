import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { keepPolicies } from '../src/policies.ts';
import { loadRules } from '../src/rules/load-rules.ts';
import { anybody, policyOf } from '../src/rules/policy.ts';
import { readRuleFiles } from '../src/settings/files.ts';
import { SIGNAL_KINDS } from '../src/source-types.ts';
import { ROGER, Stage } from './fakes/stage.ts';

function shipped() {
  const { files } = readRuleFiles([fileURLToPath(new URL('../rules', import.meta.url))]);
  const loaded = loadRules(files, SIGNAL_KINDS);
  const policy = policyOf(loaded, anybody(loaded));
  if (policy === undefined) throw new Error('the shipped rules are no policy');
  return { policy, texts: files };
}

test('a start with changed rules finds the ones an open incident began with, and forgets them when it ends', async () => {
  const old = shipped();
  const stage = new Stage();
  stage.policy = { ...stage.policy, version: old.policy.version };
  const where = {
    store: stage.store,
    environments: ['production'],
    log: { info: () => {}, warn: () => {}, error: () => {} },
  };
  expect(await keepPolicies(old, where)).toEqual(new Map());
  await stage.badDeployment();
  await stage.turn();
  const incident = await stage.incident();
  expect(incident?.policy).toBe(old.policy.version);

  const fresh = { texts: [], policy: { ...old.policy, version: 'fresh' } };
  const earlier = await keepPolicies(fresh, where);

  const again = earlier.get(old.policy.version);
  expect(again?.version).toBe(old.policy.version);
  expect(again?.rules.all.map(({ name }) => name)).toEqual(old.policy.rules.all.map(({ name }) => name));
  expect(again?.matrix).toEqual(old.policy.matrix);

  await stage.commands.abort(ROGER, incident?.id ?? '', 'a drill');
  expect(await keepPolicies(fresh, where)).toEqual(new Map());
  expect(await stage.store.switches.get(`policy/${old.policy.version}`)).toBe('');
});
