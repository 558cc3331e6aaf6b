import type { Diagnostic } from '../rules/diagnostic.ts';
import { type Reading, refuse } from '../rules/shape.ts';
import { Source } from '../rules/source.ts';
import { didYouMean, enumerate } from '../rules/suggest.ts';
import { readYaml } from '../rules/yaml.ts';
import { DEFAULT_MAPPING } from './mapping.ts';
import { type EnvironmentContext, readEnvironment } from './read-environment.ts';
import { readSource } from './read-sources.ts';
import { type Surroundings, secretOf } from './secret-setting.ts';
import type { EnvironmentSettings, GitSettings, Settings, SmtpSettings, SourceSettings } from './settings.ts';
import { settingsShape, type WrittenSettings } from './settings-file.ts';
import type { SourceType } from './source-type.ts';
import { fillVariables, type Variables } from './variables.ts';

/** What rollbackd.yaml says, as far as it is right: the names of people are needed to check the rules. */
export interface ReadSettings {
  /** Undefined where there is a mistake. */
  readonly settings: Settings | undefined;
  /** As far as it could be read. */
  readonly written: Partial<WrittenSettings>;
  readonly diagnostics: readonly Diagnostic[];
}

/** What a file may refer to. */
export interface Outside {
  readonly variables: Variables;
  readonly surroundings: Surroundings;
  readonly types: readonly SourceType[];
}

/** Reads rollbackd.yaml: every mistake at once, never a throw. */
export function readSettings(
  file: { readonly path: string; readonly text: string },
  { variables, surroundings, types }: Outside,
): ReadSettings {
  const source = new Source(file.path, file.text);
  const problems: Diagnostic[] = [];
  const reading = { source, problems };
  const node = readYaml(source, problems);
  if (node === undefined) return { settings: undefined, written: {}, diagnostics: problems };
  const written = settingsShape.readPartly(fillVariables(node, variables, reading), reading);
  const settings = settingsOf(written, { types, reading, surroundings });
  return { settings: problems.length > 0 ? undefined : settings, written, diagnostics: problems };
}

/** The named things that are right. */
function right<T>(written: ReadonlyMap<string, T | null> | undefined): readonly (readonly [string, T])[] {
  return [...(written ?? [])].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

interface Context {
  readonly types: readonly SourceType[];
  readonly reading: Reading;
  readonly surroundings: Surroundings;
}

function settingsOf(written: Partial<WrittenSettings>, context: Context): Settings | undefined {
  checkTeams(written, context.reading);
  const sources = sourcesOf(written.sources, context);
  const environments = environmentsOf(
    written.environments,
    { sources, sourceNames: written.sources && [...written.sources.keys()] },
    context,
  );
  const notifiers = notifiersOf(written.notifiers, context);
  const git = written.git === undefined ? undefined : gitOf(written.git, context);
  const webhooks = webhooksOf(written.webhooks, context);
  const whole = settingsShape.complete(written);
  if (whole === undefined || git === undefined) return undefined;
  const { resolve } = context.surroundings;
  const { host, port } = whole.server.listen;
  return {
    file: context.reading.source.file,
    state: {
      sqlite: whole.state.sqlite === ':memory:' ? ':memory:' : resolve(whole.state.sqlite),
      retention: whole.state.retention,
    },
    server: {
      host,
      port,
      publicUrl: whole.server.public_url ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
      trustProxy: whole.server.trust_proxy,
      metrics: whole.server.metrics,
    },
    git,
    people: new Map(right(whole.people).map(([name, { email }]) => [name, { name, email }])),
    teams: new Map(right(whole.teams).map(([name, members]) => [name, members.map(({ value }) => value)])),
    notifiers,
    sources,
    environments,
    severity: whole.severity ?? DEFAULT_MAPPING,
    webhooks,
    rules: resolve(whole.rules),
  };
}

function checkTeams({ people, teams }: Partial<WrittenSettings>, reading: Reading): void {
  if (people === undefined) return;
  const names = [...people.keys()];
  for (const { value, at } of right(teams).flatMap(([, members]) => members)) {
    if (names.includes(value)) continue;
    refuse(reading, at, `there is no person "${value}"`, {
      hint: didYouMean(value, names),
      note: `people has: ${enumerate(names)}`,
    });
  }
}

function sourcesOf(
  written: WrittenSettings['sources'] | undefined,
  context: Context,
): ReadonlyMap<string, SourceSettings> {
  const made = new Map<string, SourceSettings>();
  for (const [name, node] of right(written)) {
    const source = readSource(name, node, context);
    if (source !== undefined) made.set(name, source);
  }
  return made;
}

function environmentsOf(
  written: WrittenSettings['environments'] | undefined,
  known: Pick<EnvironmentContext, 'sources' | 'sourceNames'>,
  { reading, surroundings }: Context,
): readonly EnvironmentSettings[] {
  return right(written).flatMap(([name, { value }]) => {
    const environment = readEnvironment(name, value, { ...known, reading, surroundings });
    return environment === undefined ? [] : [environment];
  });
}

function notifiersOf(
  written: WrittenSettings['notifiers'] | undefined,
  context: Context,
): ReadonlyMap<string, SmtpSettings> {
  const { resolve } = context.surroundings;
  const made = right(written).map(([name, { smtp, from }]): [string, SmtpSettings] => {
    const { host, port, secure, tls, ca_file: ca, user, password, password_file: file } = smtp.value;
    const secret = secretOf(password, file, context);
    if (user === null && secret !== null)
      refuse(context.reading, smtp.at, 'a password without a user', { hint: 'add user: ...' });
    return [
      name,
      {
        type: 'smtp',
        name,
        host,
        port,
        secure,
        tls,
        caFile: ca === null ? null : resolve(ca),
        user,
        password: secret,
        from,
      },
    ];
  });
  return new Map(made);
}

function gitOf(git: WrittenSettings['git'], context: Context): GitSettings {
  const absolute = (path: string | null) => (path === null ? null : context.surroundings.resolve(path));
  return {
    identity: git.identity,
    signing: git.signing,
    sshCommand: git.ssh_command,
    sshKeyFile: absolute(git.ssh_key_file),
    knownHostsFile: absolute(git.known_hosts_file),
    token: secretOf(git.token, git.token_file, context),
    tokenUser: git.token_user,
    configFile: absolute(git.config_file),
  };
}

function webhooksOf(
  written: WrittenSettings['webhooks'] | undefined,
  context: Context,
): Settings['webhooks'] {
  const hook = (each: WrittenSettings['webhooks']['github'] | undefined) => {
    if (each === null || each === undefined) return null;
    const secret = secretOf(each.value.secret, each.value.secret_file, context);
    if (secret !== null) return { secret };
    refuse(context.reading, each.at, 'a webhook without a secret would believe anybody', {
      hint: 'add secret_file: ...',
    });
    return null;
  };
  return {
    github: hook(written?.github),
    signals: hook(written?.signals),
    grafana: hook(written?.grafana),
    dbtCloud: hook(written?.dbt_cloud),
  };
}
