import { REPOSITORY } from './github-stand-in.ts';

/** What the sandbox's rollbackd.yaml depends on. */
export interface ConfigFacts {
  readonly port: number;
  readonly smtpPort: number;
  /** Absolute: what acts as dbt, and the scheduler's switch, run by this node. */
  readonly dbt: string;
  readonly node: string;
  readonly switchPath: string;
  readonly pace: Pace;
  /** Where the warehouse's Airflow answers. */
  readonly airflowUrl: string;
  /** Where the API of the GitHub with its rollback workflow answers. */
  readonly githubUrl: string;
}

/** How fast things go in the sandbox, as durations of rollbackd.yaml. */
export interface Pace {
  /** The first day is over after twice this. */
  readonly expectEvery: string;
  readonly staleAfter: string;
}

/** Recorded dbt answers at once; real dbt takes its seconds. */
export const PACES = {
  recorded: { expectEvery: '2s', staleAfter: '7s' },
  real: { expectEvery: '15s', staleAfter: '40s' },
} as const satisfies Record<string, Pace>;

/** Everybody whom the shipped rules name, with their addresses. */
export const PEOPLE: ReadonlyMap<string, string> = new Map([
  ['on-call', 'oncall@example.com'],
  ['devops-lead', 'devops-lead@example.com'],
  ['engineering-manager', 'engineering-manager@example.com'],
  ['cto', 'cto@example.com'],
  ['roger', 'roger@example.com'],
]);

/** rollbackd.yaml of the sandbox: the reference stack in small, with an hour cut down to seconds. */
export function sandboxConfig(facts: ConfigFacts): string {
  const { port, smtpPort, pace, airflowUrl, githubUrl } = facts;
  return `# Written by rollbackd demo, anew each time. An hour of real life is a few seconds here.

state: { sqlite: ./state/rollbackd.db }
server: { listen: "127.0.0.1:${port}" }
git: { identity: { name: rollbackd, email: rollbackd@example.com } }

people:
${[...PEOPLE].map(([name, email]) => `  ${name}: { email: ${email} }`).join('\n')}
teams:
  team-lead: [roger]
notifiers:
  mail: { smtp: { host: 127.0.0.1, port: ${smtpPort}, tls: "off" }, from: rollbackd@example.com }

sources:
  dbt-prod: { type: dbt, target: ./production/dbt/target, expect_every: ${pace.expectEvery}, stale_after: ${pace.staleAfter}, poll: 1s }
  dbt-dev: { type: dbt, target: ./development/dbt/target, expect_every: 1m, stale_after: 1h, poll: 1s }
  dbt-warehouse: { type: dbt, expect_every: ${pace.expectEvery}, stale_after: 1h }   # by push alone
  airflow-demo: { type: airflow, url: "${airflowUrl}", token: demo, poll: 1s }
  github-demo: { type: github, token: demo, repository: ${REPOSITORY}, deploy_workflow: none }

environments:
  production:
    tier: production
    mode: armed                                  # a real first day begins in shadow
${place('main', './production', 'dbt-prod')}
${schedule(facts, 'production')}
${rest(facts)}
  development:
    tier: non-production
    mode: armed                                  # armed too: its tier alone holds it back
${place('develop', './development', 'dbt-dev')}
${schedule(facts, 'development')}
${rest(facts)}
  warehouse:
    tier: production
    mode: armed
    repository: { remote: ./remote.git, branch: warehouse, paths: [dbt/, dags/], api_url: "${githubUrl}" }
    runs: api                                    # the deploy job says what runs
    required: [dbt-warehouse]
    sources: [dbt-warehouse, airflow-demo]
    bake: { for: 3s, settle: 0s, min_evidence: 1 }
    strategies: [workflow, revert]
    workflow:
      source: github-demo
      inputs: { version: "{{commit}}", environment: "{{environment}}", reason: "{{incident}}" }
    probation: { within: 5m }
    limits: { cool_down: 6h, budget: 2 per 24h }

rules: ./rules
`;
}

/** rules/escalation.yaml of the sandbox: the shipped ladder, with a shorter wait before a mail goes out. */
export const SANDBOX_ESCALATION = `ladder:
  - { level: L1, after: 0m,  contacts: [on-call], via: [mail], respond_within: 0m }
  - { level: L2, after: 15m, contacts: [devops-lead], via: [mail] }
  - { level: L3, after: 30m, contacts: [engineering-manager], via: [mail] }
  - { level: L4, after: 60m, contacts: [cto], via: [mail] }
acknowledgement: { expires: 2h }
grouping: { wait: 500ms, per_recipient: 20 per 1h, exempt: [L4] }
`;

/** The files of rules/triggers that have seconds for their minutes in the sandbox. */
export const HASTENED: Readonly<Record<string, (shipped: string) => string>> = {
  'airflow-unhealthy.yaml': (shipped) =>
    shipped.replace('for: 90s', 'for: 2s').replace('keep_firing_for: 2m', 'keep_firing_for: 2s'),
  'query-latency.yaml': (shipped) => shipped.replaceAll('over: 13m', 'over: 4s'),
};

function place(branch: string, tree: string, source: string): string {
  return `    repository: { remote: ./remote.git, branch: ${branch}, paths: [dbt/] }
    runs: work-tree
    work_tree: { path: ${tree} }
    required: [${source}]
    bake: { for: 3s, settle: 0s, min_evidence: 1 }`;
}

function schedule({ node, switchPath }: ConfigFacts, environment: string): string {
  const verb = (name: string) => JSON.stringify([node, switchPath, `schedule/${environment}`, name]);
  return `    schedule:
      type: command
      pause: ${verb('pause')}
      resume: ${verb('resume')}
      status: ${verb('status')}
      cwd: .
      quiesce: 30s`;
}

function rest({ dbt }: ConfigFacts): string {
  return `    dbt: { commands: [${JSON.stringify([dbt, ...BUILD])}], cwd: dbt }
    strategies: [revert]
    limits: { cool_down: 6h, budget: 2 per 24h }
    probation: { within: 5m }
`;
}

/** The schedule's one command, after the name of the program. */
export const BUILD = ['build', '--exclude-resource-type', 'unit_test'] as const;
