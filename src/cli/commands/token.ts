import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Scope } from '../../ports/store.ts';
import { configPath } from '../connection.ts';
import { Failure } from '../failure.ts';
import type { TokenDesk, TokenLine } from '../io.ts';
import { table } from '../layout.ts';
import { sayDate } from '../moment.ts';
import { withConfig, withExample, withOutput } from '../options.ts';
import { type Look, mark } from '../shape.ts';
import { type OutputOptions, type Shell, show } from '../shell.ts';

type TokenOptions = OutputOptions & { readonly config?: string };
type CreateOptions = TokenOptions & {
  readonly name: string;
  readonly scope: readonly Scope[];
  readonly person?: string;
};

const SCOPES: readonly Scope[] = ['read', 'deploy', 'operate', 'approve', 'admin'];

/** `rollbackd token create|list|revoke`, on the state directly: the daemon need not run. */
export function define(command: Command, shell: Shell): void {
  command.helpCommand(false);
  const create = command.command('create').description('Make a token; its text is shown once');
  withConfig(withOutput(create))
    .requiredOption('-n, --name <name>', 'what it is for')
    .requiredOption('-s, --scope <scopes>', `${SCOPES.join(', ')}; several with commas`, scopesOption)
    .option('-p, --person <name>', 'the person of the configuration who uses it; needed to approve')
    .action(async (options: CreateOptions) => created(shell, options));
  withExample(create, 'token create --name deploy-pipeline --scope deploy');
  const list = command.command('list').description('Tokens, without their texts');
  withConfig(withOutput(list)).action(async (options: TokenOptions) => listed(shell, options));
  withExample(list, 'token list');
  const revoke = command
    .command('revoke')
    .description('End a token at once')
    .argument('<id>', 'see rollbackd token list');
  withConfig(withOutput(revoke)).action(async (id: string, options: TokenOptions) =>
    revoked(id, shell, options),
  );
  withExample(revoke, 'token revoke TOKEN');
  withExample(command, 'token create --name deploy-pipeline --scope deploy');
}

/** The text goes to stdout alone, so that `token=$(rollbackd token create ...)` works. */
async function created(shell: Shell, options: CreateOptions): Promise<void> {
  const { name, scope, person = null } = options;
  await atDesk(shell, options, async (desk) => {
    const { id, text } = await desk.create({ name, person, scopes: scope });
    show(shell, options, { json: { id, name, person, scopes: scope, token: text }, lines: [text] });
    if (options.output === 'text')
      shell.io.err(
        `Token ${id} for ${name}: ${scope.join(', ')}. It is shown this once; only its hash is kept.\n`,
      );
  });
}

async function listed(shell: Shell, options: TokenOptions): Promise<void> {
  await atDesk(shell, options, async (desk) => {
    const tokens = await desk.list();
    const json = { tokens: tokens.map(tokenJson) };
    show(shell, options, { json, lines: renderTokens(tokens, shell.look, shell.io.now()) });
  });
}

async function revoked(id: string, shell: Shell, options: TokenOptions): Promise<void> {
  await atDesk(shell, options, async (desk) => {
    if (!(await desk.revoke(id)))
      throw new Failure(`There is no token ${id} that could be revoked.`, ['See them: rollbackd token list']);
    show(shell, options, {
      json: { revoked: id },
      lines: [`Token ${id} is revoked.`, '', 'Next: rollbackd token list'],
    });
  });
}

/** Tokens, oldest first. */
export function renderTokens(tokens: readonly TokenLine[], look: Look, now: number): string[] {
  const live = tokens.filter((token) => token.revokedAt === null);
  if (tokens.length === 0)
    return ['There is no token yet.', '', 'Next: rollbackd token create --name NAME --scope read'];
  const columns = ['Token', 'State', 'Name', 'Person', 'Made', 'Scopes'].map((title) => ({ title }));
  const rows = tokens.map((token) => [
    token.id,
    token.revokedAt === null ? `${mark('well', look)} live` : `${mark('not-yet', look)} revoked`,
    token.name,
    token.person ?? '',
    sayDate(token.createdAt, now),
    token.scopes.join(', '),
  ]);
  return [
    `${live.length} live, ${tokens.length - live.length} revoked.`,
    '',
    ...table(columns, rows, look),
    '',
    'Next: rollbackd token revoke TOKEN',
  ];
}

async function atDesk(
  shell: Shell,
  { config }: TokenOptions,
  work: (desk: TokenDesk) => Promise<void>,
): Promise<void> {
  const desk = await shell.io.tokens(configPath(shell.io, config));
  try {
    await work(desk);
  } finally {
    await desk.close();
  }
}

function tokenJson({ id, name, person, scopes, createdAt, revokedAt }: TokenLine) {
  const revoked = revokedAt === null ? null : new Date(revokedAt).toISOString();
  return { id, name, person, scopes, created_at: new Date(createdAt).toISOString(), revoked_at: revoked };
}

function scopesOption(text: string): readonly Scope[] {
  return text.split(',').map((each) => {
    const scope = SCOPES.find((known) => known === each.trim());
    if (scope === undefined)
      throw new InvalidArgumentError(`"${each}" is no scope; choose of ${SCOPES.join(', ')}.`);
    return scope;
  });
}
