import type { Deployment } from '../../src/core/deployment.ts';
import { Refusal } from '../../src/core/errors.ts';
import type { Incident } from '../../src/core/incident.ts';
import type { Commands, DeploymentState, Queries } from '../../src/ports/control.ts';
import { aDeployment, aMode, anEnvironment, FAKE_NOW } from './control-facts.ts';
import { aDecision, aFullIncident, aNoticeEntry, anEvent, aPlan } from './incident-facts.ts';

/** One call of a command, with whatever it was given. */
export interface Call {
  readonly command: string;
  readonly given: readonly unknown[];
}

export interface FakeControl {
  readonly queries: Queries;
  readonly commands: Commands;
  readonly calls: readonly Call[];
  /** What the next command throws instead of doing anything. */
  refuseNext(error: Error): void;
  /** Holds the next command until the returned function is called. */
  holdNext(): () => void;
  /** What `deployment` answers; a function gets the time to wait and the abort. */
  decide(state: (wait: number, abort: AbortSignal) => Promise<Omit<DeploymentState, 'deployment'>>): void;
  closeGate(reason: string, until: number | null): void;
  health: { ready: boolean };
}

/** Queries and commands over one environment, `production`, with a good deployment and an open incident. */
export function fakeControl(): FakeControl {
  const calls: Call[] = [];
  const world = {
    error: null as Error | null,
    hold: null as Promise<void> | null,
    decide: (async () => ({ decided: 'good', because: 'baked', until: null })) as Parameters<
      FakeControl['decide']
    >[0],
    gate: { open: true, reason: null as string | null, until: null as number | null },
  };
  const health = { ready: true };
  const did = async <T>(command: string, given: readonly unknown[], result: T): Promise<T> => {
    calls.push({ command, given });
    const { error, hold } = world;
    world.error = null;
    world.hold = null;
    if (hold !== null) await hold;
    if (error !== null) throw error;
    return result;
  };
  return {
    calls,
    health,
    queries: fakeQueries(world, health),
    commands: fakeCommands(did),
    refuseNext: (error) => {
      world.error = error;
    },
    holdNext: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      world.hold = promise;
      return resolve;
    },
    decide: (state) => {
      world.decide = state;
    },
    closeGate: (reason, until) => Object.assign(world.gate, { open: false, reason, until }),
  };
}

interface World {
  decide: Parameters<FakeControl['decide']>[0];
  gate: { open: boolean; reason: string | null; until: number | null };
}

function fakeQueries(world: World, health: { ready: boolean }): Queries {
  return {
    ...placeQueries(world),
    ...incidentQueries(),
    seen: async (environment) => {
      if (environment !== null) known(environment);
      return [
        {
          environment: 'production',
          source: 'dbt-prod',
          lastSuccessAt: FAKE_NOW - 4_000,
          lastError: null,
          errorsInARow: 0,
          total: 2,
          subjects: [
            {
              kind: 'dbt.test',
              subject: 'unique_orders',
              at: FAKE_NOW - 60_000,
              attributes: { status: 'fail', failures: 12, tags: ['gold'] },
              rules: [
                { rule: 'critical-data-quality', is: 'breached' as const, because: 'critical, data-quality' },
              ],
            },
          ],
        },
      ];
    },
    audits: async () => [
      { at: FAKE_NOW, by: 'roger', what: 'disarmed', environment: 'production', detail: 'holidays' },
    ],
    health: () => ({ ready: health.ready, because: health.ready ? [] : ['production has not turned'] }),
  };
}

type PlaceQueries = 'environments' | 'deployments' | 'quarantined' | 'deployment' | 'gate' | 'dryRun';

function placeQueries(world: World): Pick<Queries, PlaceQueries> {
  const deployments: readonly Deployment[] = [aDeployment(2), aDeployment(1)];
  return {
    environments: async () => [anEnvironment()],
    deployments: async (environment) => {
      known(environment);
      return deployments;
    },
    quarantined: async (environment) => {
      known(environment);
      const { commit, version } = aDeployment(1);
      return [{ environment, commit, version, at: FAKE_NOW, by: 'INC-1', because: 'rolled back' }];
    },
    deployment: async (id, wait, abort) => {
      const deployment = deployments.find((each) => each.id === id);
      if (deployment === undefined)
        throw new Refusal('not-found', 'no-deployment', `There is no deployment ${id}.`);
      return { deployment, ...(await world.decide(wait, abort)) };
    },
    gate: async (environment) => {
      known(environment);
      return { environment, ...world.gate, wouldBe: world.gate.open ? 'open' : 'closed' };
    },
    dryRun: async ({ environment }) => {
      known(environment);
      return {
        environment,
        possible: true,
        because: 'everything is there',
        from: aDeployment(2),
        to: aDeployment(1),
        plan: aPlan(),
        readiness: [],
      };
    },
  };
}

function incidentQueries(): Pick<Queries, 'incidents' | 'incident' | 'report' | 'decisions'> {
  return {
    incidents: async ({ environment }) => {
      if (environment !== undefined) known(environment);
      return [aFullIncident()];
    },
    incident: async (id) => ({
      incident: knownIncident(id),
      events: [anEvent()],
      notices: [aNoticeEntry()],
      pending: [{ what: 'L2 is told', at: FAKE_NOW }],
      blamed: aDeployment(2),
      target: aDeployment(1),
    }),
    report: async (id) => `# ${knownIncident(id).id}\n`,
    decisions: async (environment) => {
      known(environment);
      return [{ key: 'k', environment, at: FAKE_NOW, decision: aDecision() }];
    },
  };
}

type Did = <T>(command: string, given: readonly unknown[], result: T) => Promise<T>;

function fakeCommands(did: Did): Commands {
  return { ...pipelineCommands(did), ...incidentCommands(did), ...switches(did) };
}

function pipelineCommands(
  did: Did,
): Pick<Commands, 'announce' | 'wake' | 'signals' | 'artifacts' | 'receive' | 'rule'> {
  return {
    announce: async (actor, said) => {
      known(said.environment);
      return did('announce', [actor, said], { deployment: null, duplicate: false });
    },
    wake: (environment) => {
      void did('wake', [environment], undefined);
    },
    signals: async (actor, signals) => {
      for (const { environment } of signals) known(environment);
      return did('signals', [actor, signals], { stored: signals.length });
    },
    artifacts: async (actor, pushed) => {
      known(pushed.environment);
      return did('artifacts', [actor, pushed], {
        invocation: 'inv-1',
        signals: 3,
        duplicate: false,
        noEvidence: null,
      });
    },
    receive: async (actor, message) =>
      did('receive', [actor, message], { takers: ['alerts-prod'], stored: 1 }),
    rule: async (actor, ruling) => did('rule', [actor, ruling], aDeployment(2)),
  };
}

function incidentCommands(
  did: Did,
): Pick<
  Commands,
  'acknowledge' | 'approve' | 'reject' | 'abort' | 'resolve' | 'comment' | 'rollback' | 'allow'
> {
  const onIncident = (command: string, given: readonly unknown[]): Promise<Incident> =>
    did(command, given, knownIncident(String(given[1])));
  return {
    acknowledge: async (...given) => onIncident('acknowledge', given),
    approve: async (...given) => onIncident('approve', given),
    reject: async (...given) => onIncident('reject', given),
    abort: async (...given) => onIncident('abort', given),
    resolve: async (...given) => onIncident('resolve', given),
    comment: async (...given) => onIncident('comment', given),
    rollback: async (actor, ask) => {
      known(ask.environment);
      return did('rollback', [actor, ask], aFullIncident());
    },
    allow: async (actor, commit, incident) => {
      knownIncident(incident);
      return did('allow', [actor, commit, incident], undefined);
    },
  };
}

function switches(did: Did): Pick<Commands, 'freeze' | 'unfreeze' | 'arm' | 'disarm' | 'reload'> {
  return {
    freeze: async (actor, freeze) => {
      known(freeze.environment);
      return did('freeze', [actor, freeze], { ...freeze, id: 'freeze-1', by: actor.name });
    },
    unfreeze: async (actor, id) => {
      if (id !== 'freeze-1') throw new Refusal('not-found', 'no-freeze', `There is no freeze ${id}.`);
      return did('unfreeze', [actor, id], undefined);
    },
    arm: async (actor, environment, reason) => {
      known(environment);
      return did('arm', [actor, environment, reason], { mode: aMode('armed'), mayNow: ['push to main'] });
    },
    disarm: async (actor, environment, reason) => {
      known(environment);
      return did('disarm', [actor, environment, reason], aMode('disarmed'));
    },
    reload: async (actor) => did('reload', [actor], { reloaded: true, problems: [] }),
  };
}

function known(environment: string): void {
  if (environment === 'production') return;
  throw new Refusal(
    'not-found',
    'no-environment',
    `There is no environment ${environment}.`,
    'See `rollbackd status`.',
  );
}

function knownIncident(id: string): Incident {
  if (id === 'INC-3') return aFullIncident();
  throw new Refusal('not-found', 'no-incident', `There is no incident ${id}.`);
}
