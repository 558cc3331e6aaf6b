import type { Command } from 'commander';
import type { Deployment } from '../../core/deployment.ts';
import { short } from '../../core/deployment.ts';
import { didYouMean } from '../../rules/suggest.ts';
import { answer, type DeploymentList } from '../api.ts';
import type { Client } from '../client.ts';
import { Failure, wrongUsage } from '../failure.ts';
import { table, wrap } from '../layout.ts';
import { sayDate } from '../moment.ts';
import { countOption, withDaemon, withExample } from '../options.ts';
import { type Look, mark } from '../shape.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';
import { verdictWord } from '../words.ts';

interface ListOptions extends DaemonOptions {
  readonly environment?: string;
  readonly limit: number;
}

interface MarkOptions extends DaemonOptions {
  readonly environment?: string;
  readonly reason: string;
}

const VERDICTS = ['good', 'bad', 'unverified'];

/** `rollbackd deployments` and `rollbackd deployments mark`. */
export function define(command: Command, shell: Shell): void {
  command.helpCommand(false);
  const list = command.command('list', { isDefault: true }).description('What ran, newest first');
  withDaemon(list)
    .option('-e, --environment <name>', 'of this environment only')
    .option('--limit <count>', 'at most so many', countOption, 20)
    .allowExcessArguments()
    .action(async (options: ListOptions, self: Command) => {
      refuseUnknown(self.args);
      const { json, value } = await listed(await clientFor(shell, options), options);
      show(shell, options, { json, lines: renderDeployments(value.deployments, shell.look, shell.io.now()) });
    });
  withExample(list, 'deployments --environment production');
  const rule = command.command('mark').description('Rule on a deployment; this also lifts a quarantine');
  rule
    .argument('<commit>', 'the commit (7 digits or more) or the deployment')
    .argument('<verdict>', VERDICTS.join(', '));
  withDaemon(rule)
    .option('-e, --environment <name>', 'where the commit ran in several')
    .requiredOption('-r, --reason <text>', 'why; it is written down')
    .action(async (commit: string, verdict: string, options: MarkOptions) =>
      markAs(shell, { commit, verdict }, options),
    );
  withExample(rule, 'deployments mark 4b7e03d good --reason "checked by hand"');
  withExample(
    command,
    'deployments --environment production',
    'deployments mark 4b7e03d good --reason "checked by hand"',
  );
}

/** `list` is what runs without a name, so a misspelt `mark` ends here. */
function refuseUnknown([unknown]: readonly string[]): void {
  if (unknown === undefined) return;
  throw wrongUsage(
    `unknown command "deployments ${unknown}"`,
    didYouMean(unknown, ['list', 'mark']) ?? 'It is list or mark',
  );
}

async function listed(client: Client, { environment, limit }: Pick<ListOptions, 'environment' | 'limit'>) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (environment !== undefined) query.set('environment', environment);
  return answer<DeploymentList>(await client({ path: `/api/v1/deployments?${query}` }), ['deployments']);
}

async function markAs(
  shell: Shell,
  said: { commit: string; verdict: string },
  options: MarkOptions,
): Promise<void> {
  if (!VERDICTS.includes(said.verdict))
    throw wrongUsage(`"${said.verdict}" is no verdict.`, `Choose one of: ${VERDICTS.join(', ')}`);
  const client = await clientFor(shell, options);
  const meant = await find(client, said.commit, options);
  const path = `/api/v1/deployments/${encodeURIComponent(meant.id)}/verdict`;
  const body = { verdict: said.verdict, reason: options.reason };
  const { json, value } = answer<Deployment>(await client({ method: 'POST', path, body }), ['id', 'verdict']);
  const sentence = `${short(value.commit)} in ${value.environment} (${value.id}) is ${value.verdict}: ${value.because}`;
  show(shell, options, {
    json,
    lines: [sentence, '', `Next: rollbackd deployments --environment ${value.environment}`],
  });
}

/** The newest occurrence of a commit; one that ran in several environments needs to be said. */
async function find(client: Client, wanted: string, options: MarkOptions): Promise<Deployment> {
  const { environment } = options;
  const { value } = await listed(client, {
    limit: 500,
    ...(environment === undefined ? {} : { environment }),
  });
  const isCommit = /^[0-9a-f]{7,40}$/i.test(wanted);
  const found = value.deployments.filter(
    (each) =>
      each.id === wanted ||
      (isCommit && [each.commit, ...each.alsoSeen].some((commit) => commit.startsWith(wanted.toLowerCase()))),
  );
  const commits = new Set(found.map((each) => each.commit));
  const environments = new Set(found.map((each) => each.environment));
  const [newest] = found;
  if (newest === undefined)
    throw new Failure(`No deployment of "${wanted}" is known.`, [
      'See what ran: rollbackd deployments --limit 100',
    ]);
  if (environments.size > 1) {
    throw wrongUsage(
      `"${wanted}" ran in ${[...environments].join(' and ')}.`,
      'Say which one with --environment',
    );
  }
  if (commits.size > 1)
    throw wrongUsage(`"${wanted}" means ${commits.size} commits.`, 'Write more digits of it');
  return newest;
}

/** The list, newest first: what each was found to be, and because of what. */
export function renderDeployments(deployments: readonly Deployment[], look: Look, now: number): string[] {
  if (deployments.length === 0) {
    return [
      'No deployment was seen yet.',
      '',
      'Next: rollbackd doctor, to see whether it looks in the right place',
    ];
  }
  const columns = ['Deployment', 'Commit', 'Since', 'Verdict', 'What'].map((title) => ({ title }));
  return [
    ...wrap(headline(deployments), look.columns),
    '',
    ...table(
      columns,
      deployments.map((each) => row(each, look, now)),
      look,
    ),
    '',
    'Next: rollbackd deployments mark COMMIT good|bad|unverified --reason "..."',
  ];
}

function headline(deployments: readonly Deployment[]): string {
  const names = [...new Set(deployments.map((each) => each.environment))];
  const sentences = names.map((name) => {
    const own = deployments.filter((each) => each.environment === name);
    const running = own.find((each) => each.endedAt === null);
    const good = own.find((each) => each.verdict === 'good' && each !== running);
    const runs =
      running === undefined
        ? `${name} runs nothing that is known`
        : `${name} runs ${short(running.commit)}, ${running.verdict}`;
    return `${runs}${good === undefined ? '; nothing before it is known good' : `; last good before it ${short(good.commit)}`}`;
  });
  return `${sentences.join('. ')}.`;
}

function row(deployment: Deployment, look: Look, now: number): readonly string[] {
  const { shape, word } = verdictWord(deployment.verdict);
  const { rollbackOf, ruledBy, because } = deployment;
  const what =
    rollbackOf === null ? deployment.subject : `${deployment.subject} (rollback of ${rollbackOf.incident})`;
  const why = ruledBy === null ? because : `${because} (ruled by ${ruledBy})`;
  return [
    deployment.id,
    short(deployment.commit),
    sayDate(deployment.deployedAt, now),
    `${mark(shape, look)} ${word}${deployment.endedAt === null ? ', runs' : ''}`,
    [what, why].filter((text) => text !== '').join('\n'),
  ];
}
