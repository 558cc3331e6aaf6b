import { days } from '../core/time.ts';
import { countPer, duration, flag, name, number, oneOf, text } from '../rules/scalars.ts';
import {
  type Fields,
  list,
  located,
  object,
  optional,
  partly,
  type ReadBy,
  record,
  required,
  type Shape,
} from '../rules/shape.ts';
import { words } from '../rules/words.ts';
import { severityShape } from './mapping.ts';
import { unreadSource } from './read-sources.ts';
import { scheduleShape } from './schedule-setting.ts';
import { address, argv, email, httpUrl, place } from './settings-scalars.ts';
import { defaultState, stateShape } from './state-setting.ts';

const said = optional(located(text), null, 'Better in a file, or as ${VARIABLE}.');
const kept = optional(located(place), null, 'Read at each use, so that it can be replaced.');

const smtpFields = {
  host: required(text),
  port: optional(number({ min: 1, max: 65_535, whole: true }), 587),
  secure: optional(flag, false, 'TLS from the first byte (port 465).'),
  tls: optional(
    oneOf('a use of TLS', ['required', 'opportunistic', 'off']),
    'required',
    'STARTTLS; off only for a relay on this machine.',
  ),
  ca_file: optional(place, null),
  user: optional(text, null),
  password: said,
  password_file: kept,
} satisfies Fields;

const notifier = object('a notifier', {
  smtp: required(located(object('smtp', smtpFields))),
  from: required(email),
});

const workflow = object('a rollback workflow', {
  source: required(located(name), 'A source of type github: whose token starts it.'),
  file: optional(text, 'rollback.yml', 'Under .github/workflows of the default branch.'),
  inputs: optional(
    words('inputs', text),
    new Map([
      ['target_commit', '{{commit}}'],
      ['reason', '{{incident}}'],
    ]),
    'Values by input; {{commit}}, {{from}}, {{environment}}, {{incident}} and {{key}} are filled in.',
  ),
  job: optional(text, null, 'The job that must succeed; default: all of them.'),
  deploys: optional(
    flag,
    null,
    'Whether a run changes what the environment says runs. Default: only with runs: api.',
  ),
  needs: optional(list(text), [], 'Files that the target commit must have, or its run fails.'),
});

const probation: Shape<'off' | { readonly within: number | null }> = {
  is: 'off, or { within: 2h }',
  schema: {
    anyOf: [
      { const: 'off' },
      { type: 'object', properties: { within: duration.schema }, additionalProperties: false },
    ],
  },
  read(node, reading) {
    if (node.is === 'map')
      return object('probation', { within: optional(duration, null) }).read(node, reading);
    return oneOf('a probation', ['off']).read(node, reading);
  },
};

/** One environment as it is written. */
export const environmentShape = object('an environment', {
  tier: required(
    oneOf('a tier', ['production', 'non-production']),
    'Only production is ever rolled back by itself.',
  ),
  mode: optional(
    oneOf('a mode', ['shadow', 'armed']),
    'shadow',
    'The first value only: rollbackd arm and disarm change it.',
  ),
  repository: required(
    object('a repository', {
      remote: required(located(text)),
      branch: optional(text, 'main'),
      paths: optional(
        list(text),
        [],
        'What makes up the pipeline; default: all but .github/ and our own files.',
      ),
      api_url: optional(httpUrl, null, 'For GitHub Enterprise Server.'),
      web_url: optional(httpUrl, null, 'Where people look at commits.'),
    }),
  ),
  runs: required(located(oneOf('an authority for what runs', ['work-tree', 'branch', 'api']))),
  work_tree: optional(
    object('a work tree', { path: required(place), ignore: optional(list(text), ['**/package-lock.yml']) }),
    null,
    'The checked-out copy that the schedule runs.',
  ),
  required: required(
    located(list(located(name), { atLeast: 1 })),
    'Sources whose evidence makes a deployment good.',
  ),
  sources: optional(list(located(name)), null, 'All sources that are watched. Default: required.'),
  bake: optional(
    object('bake', {
      for: optional(duration, 3_600_000),
      settle: optional(duration, 120_000, 'Evidence begun earlier counts for nothing.'),
      min_evidence: optional(number({ min: 1, max: 1_000, whole: true }), 1),
    }),
    { for: 3_600_000, settle: 120_000, min_evidence: 1 },
  ),
  blame_window: optional(duration, days(1)),
  worse_factor: optional(number({ min: 1, max: 1_000 }), 3),
  reopen_window: optional(duration, days(1)),
  strategies: optional(
    list(oneOf('a strategy', ['revert', 'workflow']), { atLeast: 1 }),
    ['revert'] as readonly ('revert' | 'workflow')[],
    'Tried in this order: the first that is possible is taken.',
  ),
  workflow: optional(
    located(workflow),
    null,
    "The repository's own rollback workflow, for the strategy workflow.",
  ),
  schedule: optional(scheduleShape, null),
  dbt: optional(
    object('dbt', {
      commands: required(list(argv, { atLeast: 1 }), "The schedule's own commands, in order; no shell."),
      cwd: optional(text, null, 'In the work tree or checkout, unless absolute.'),
      env_file: optional(place, null, 'KEY=VALUE lines.'),
    }),
    null,
  ),
  limits: optional(
    object('limits', {
      cool_down: optional(duration, 21_600_000),
      budget: optional(countPer, { count: 2, per: days(1) }),
    }),
    { cool_down: 21_600_000, budget: { count: 2, per: days(1) } },
  ),
  probation: optional(probation, { within: null }),
  deploys_within: optional(
    duration,
    null,
    'How long a deployment takes at most. Default 30m; needed with runs: branch.',
  ),
  prove_within: optional(
    located(duration),
    null,
    'How long verification waits for evidence. Default: 30m, or twice expect_every.',
  ),
  names: optional(
    object('names', { github: optional(text, null), dbt_target: optional(text, null) }),
    { github: null, dbt_target: null },
    "What GitHub's environments and dbt's targets are called.",
  ),
});
export type WrittenEnvironment = ReadBy<typeof environmentShape>;

const git = object('git', {
  identity: required(
    object('an identity', { name: required(text), email: required(email) }),
    'Author and committer of reverts.',
  ),
  signing: optional(
    object('signing', {
      format: optional(oneOf('a format of signatures', ['openpgp', 'ssh', 'x509']), 'ssh'),
      key: required(text),
    }),
    null,
  ),
  ssh_command: optional(text, null),
  ssh_key_file: optional(place, null),
  known_hosts_file: optional(place, null),
  config_file: optional(place, null),
  token: said,
  token_file: kept,
  token_user: optional(text, null),
});

const webhook = object('a webhook', { secret: said, secret_file: kept });

/** rollbackd.yaml. */
export const settingsShape = object('rollbackd.yaml', {
  state: optional(stateShape, defaultState),
  server: optional(
    object('server', {
      listen: optional(address, { host: '127.0.0.1', port: 8790 }),
      public_url: optional(httpUrl, null),
      trust_proxy: optional(list(text), []),
      metrics: optional(oneOf('who reads metrics', ['open', 'token']), null),
    }),
    { listen: { host: '127.0.0.1', port: 8790 }, public_url: null, trust_proxy: [], metrics: null },
  ),
  git: required(git),
  people: required(record('people', object('a person', { email: required(email) }))),
  teams: optional(record('teams', list(located(name), { atLeast: 1 })), new Map<string, never>()),
  notifiers: optional(record('notifiers', notifier), new Map()),
  sources: required(record('sources', unreadSource)),
  environments: required(record('environments', located(partly(environmentShape)))),
  severity: optional(
    severityShape,
    null,
    'The severity of dbt tests and models: the first rule that matches counts.',
  ),
  webhooks: optional(
    object('webhooks', {
      github: optional(located(webhook), null),
      signals: optional(located(webhook), null),
      grafana: optional(located(webhook), null, 'Without it Grafana sends a token, as Alertmanager does.'),
      dbt_cloud: optional(located(webhook), null),
    }),
    { github: null, signals: null, grafana: null, dbt_cloud: null },
  ),
  rules: optional(place, 'rules/'),
});
export type WrittenSettings = ReadBy<typeof settingsShape>;
