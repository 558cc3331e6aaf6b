import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openForTools } from '../adapters/sql-store/index.ts';
import { short } from '../core/deployment.ts';
import { isFinal } from '../core/incident.ts';
import { passes } from '../core/prove.ts';
import { heldBackOnce, recovered, wentByWorkflow } from './check-warehouse.ts';
import type { Evidence, StoryCheck, StoryFacts } from './evidence.ts';
import { BAD, GOOD } from './sandbox.ts';
import { PEOPLE } from './sandbox-config.ts';

/** Asks git and the store whether what was told really happened. Changes nothing. */
export async function checkStory(facts: StoryFacts): Promise<readonly StoryCheck[]> {
  const store = await openForTools(facts.sandbox.state);
  try {
    const story = await store.incidents.incident(facts.incident);
    if (story === undefined)
      return [{ claim: `${facts.incident} is in the store`, holds: false, found: 'it is not' }];
    const evidence = { ...facts, store, story, reverts: await revertsOf(facts) };
    const checks = [
      treeIsBack,
      isQuarantined,
      onlyOnce,
      provenAnew,
      scheduleHeld,
      mailsOnce,
      leftThreeAlone,
      recovered,
      wentByWorkflow,
      heldBackOnce,
    ];
    return await Promise.all(checks.map((check) => check(evidence)));
  } finally {
    await store.close();
  }
}

async function revertsOf({ git, sandbox }: StoryFacts): Promise<readonly string[]> {
  const out = await git(sandbox.remote, 'log', '--format=%H', '--grep=^Rollbackd-Incident:', 'main');
  return out === '' ? [] : out.split('\n');
}

async function treeIsBack({ git, sandbox, reverts }: Evidence): Promise<StoryCheck> {
  const tree = (commit: string) => git(sandbox.remote, 'rev-parse', `${commit}:dbt`);
  const [good, back] = [
    await tree(GOOD),
    reverts[0] === undefined ? 'no commit of rollbackd' : await tree(reverts[0]),
  ];
  return {
    claim: `main went back to the tree of ${short(GOOD)}`,
    holds: good === back,
    found: `${back}, not ${good}`,
  };
}

async function isQuarantined({ store }: Evidence): Promise<StoryCheck> {
  const quarantined = await store.deployments.quarantined('production');
  const deployments = await store.deployments.deployments('production');
  const verdicts = deployments
    .slice(0, 3)
    .map(({ kind, verdict }) => `${kind} ${verdict}`)
    .join(', ');
  const expected = 'deployment good, deployment bad, rollback good';
  const holds = quarantined.length === 1 && quarantined[0]?.commit === BAD && verdicts === expected;
  const found = `quarantined: ${quarantined.map(({ commit }) => short(commit)).join(', ') || 'nothing'}; ${verdicts}`;
  return { claim: `${short(BAD)} is quarantined`, holds, found };
}

async function onlyOnce({ store, reverts, story }: Evidence): Promise<StoryCheck> {
  const environments = await Promise.all(
    ['production', 'development'].map((environment) => store.incidents.rollbacks(environment, 0)),
  );
  const spent = environments.flat();
  const holds =
    spent.length === 1 && spent[0]?.incident === story.id && reverts.length === 1 && isFinal(story.state);
  const found = `${spent.length} in the store, ${reverts.length} on main, ${story.id} is ${story.state}`;
  return { claim: '1 rollback, 0 doubled', holds, found };
}

/** Every test that passed under the good deployment passed again in a run begun after the move. */
async function provenAnew({ store, story }: Evidence): Promise<StoryCheck> {
  const moved =
    story.steps.findLast((step) => step.key.endsWith('work-tree.move'))?.endedAt ?? Number.POSITIVE_INFINITY;
  const [first] = await store.deployments.deployments('production');
  const stored = await store.signals.after('production', 0, 100_000);
  const passing = stored.map(({ value }) => value).filter((each) => each.kind === 'dbt.test' && passes(each));
  const required = new Set(
    passing.filter((each) => each.at < (first?.endedAt ?? 0)).map((each) => each.subject),
  );
  const again = new Set(
    passing
      .filter((each) => each.began >= moved && each.at <= (story.provenAt ?? 0) && each.startedBy !== null)
      .map((each) => each.subject),
  );
  const proven = [...required].filter((subject) => again.has(subject)).length;
  const claim = `${proven} of ${required.size} tests newer than it`;
  return { claim, holds: required.size > 0 && proven === required.size, found: claim };
}

async function scheduleHeld({ sandbox }: Evidence): Promise<StoryCheck> {
  const log = await readFile(join(sandbox.schedules.production, 'log'), 'utf8').catch(() => '');
  const verbs = log.split('\n').flatMap((line) => line.split(' ')[1] ?? []);
  const found = verbs.join(', ') || 'never held';
  return { claim: 'the schedule was held, and runs', holds: found === 'pause, resume', found };
}

/** Whoever was told by the store has the mail, once, and nobody else has any. */
async function mailsOnce({ store, mails, story }: Evidence): Promise<StoryCheck> {
  const notices = await store.outbox.notices({});
  const told = notices.filter(({ state }) => state === 'delivered').map(({ notice }) => notice.to);
  const addresses = new Set(told.map((person) => PEOPLE.get(person) ?? person));
  const ids = new Set(mails.map((mail) => mail.messageId));
  const reached = new Set(mails.flatMap((mail) => mail.to));
  const owed = notices.filter(({ state }) => state === 'owed').length;
  const aboutStory = notices.some(({ notice }) => notice.incident === story.id && notice.to === 'on-call');
  const sameReaders = addresses.size === reached.size && [...addresses].every((each) => reached.has(each));
  const holds = mails.length > 0 && ids.size === mails.length && !ids.has('') && sameReaders && aboutStory;
  const found = `${mails.length} mails with ${ids.size} Message-IDs to ${[...reached].join(', ') || 'nobody'}, ${owed} still owed`;
  return { claim: `${mails.length} mails, 1 Message-ID each`, holds, found };
}

async function leftThreeAlone({ store, leftAlone }: Evidence): Promise<StoryCheck> {
  const decisions = await store.incidents.decisions('production', 1_000);
  const stored = await store.signals.after('production', 0, 100_000);
  const watched = await store.incidents.incident(leftAlone.watched);
  const found = {
    'failing before': decisions.some(
      (each) => each.key === leftAlone.decision && each.decision.do === 'nothing',
    ),
    'unreadable and silent': stored.every(({ value }) => value.at < leftAlone.tornAt),
    'not production': watched?.state === 'monitoring' && watched.plans.length === 0,
  };
  const wrong = Object.entries(found).flatMap(([name, holds]) => (holds ? [] : [name]));
  const count = Object.keys(found).length - wrong.length;
  return {
    claim: `${count} decisions left alone`,
    holds: wrong.length === 0,
    found: `not left alone: ${wrong.join(', ')}`,
  };
}
