/** What a test may want otherwise. */
export interface ConfigurationOptions {
  readonly port: number;
  readonly smtpPort: number;
  readonly runs: 'work-tree' | 'api' | 'branch';
  /** Durations as they are written in the file. */
  readonly deploysWithin: string;
  readonly bake: string;
}

/** rollbackd.yaml of a sandbox: paths relative to it, so that it can be copied; an hour is a few seconds. */
export function configuration(options: ConfigurationOptions): string {
  const { port, smtpPort, runs, bake, deploysWithin } = options;
  const hasTree = runs === 'work-tree';
  return `state: { sqlite: ./state/rollbackd.db }
server: { listen: "127.0.0.1:${port}" }
git: { identity: { name: rollbackd, email: rollbackd@example.com } }
people:
  on-call: { email: oncall@example.com }
  roger: { email: roger@example.com }
  devops-lead: { email: devops-lead@example.com }
  engineering-manager: { email: engineering-manager@example.com }
  cto: { email: cto@example.com }
teams: { team-lead: [roger] }
notifiers:
  mail: { smtp: { host: 127.0.0.1, port: ${smtpPort}, tls: "off" }, from: rollbackd@example.com }
sources:
  dbt-prod: { type: dbt, ${hasTree ? 'target: ./target, ' : ''}expect_every: 2s, stale_after: 6h, died_after: 6h, poll: 1s }
environments:
  production:
    tier: production
    mode: armed
    repository: { remote: ./remote.git, branch: main, paths: [dbt/] }
    runs: ${runs}
${hasTree ? '    work_tree: { path: ./tree }' : `    deploys_within: ${deploysWithin}`}
    required: [dbt-prod]
    bake: { for: ${bake}, settle: 0s, min_evidence: 1 }
    strategies: [revert]
    schedule:
      type: command
      pause: [bin/schedule, pause]
      resume: [bin/schedule, resume]
      status: [bin/schedule, status]
      cwd: .
      quiesce: 20s
    dbt: { commands: [[dbt, build]], cwd: dbt }
    limits: { cool_down: 6h, budget: 2 per 24h }
    probation: { within: 10m }
rules: ./rules
`;
}
