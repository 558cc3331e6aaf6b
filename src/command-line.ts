import { randomUUID } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliIo, ExitCode, SettingsAnswer, ShownSettings, TokenDesk } from './cli/io.ts';
import type { Duration } from './core/time.ts';
import type { ProcessFacts } from './process-facts.ts';
import type { RuleFile } from './rules/load-rules.ts';

/** The command line's view of the world. Everything heavy is imported by the command that needs it. */
export function createIo(facts: ProcessFacts): CliIo {
  const { stdout, stderr, env, version, cwd, abort } = facts;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    env,
    isTerminal: stdout.isTTY === true,
    errIsTerminal: stderr.isTTY === true,
    columns: stdout.columns ?? 100,
    utf8: isUtf8(env),
    version,
    now: Date.now,
    sleep,
    fetch: (url, init) => fetch(url, init),
    readFile: (path) => readFile(path),
    writeFile: (path, text) => writeFile(path, text),
    cwd,
    abort,
    serve: async ({ config }) => (await import('./serve.ts')).serve(facts, config),
    demo: (options) => demo(facts, options),
    checkSettings: ({ config }) => checkSettings(facts, config),
    showSettings: ({ config }) => showSettings(facts, config),
    readRuleFiles: (paths) => readRules(paths, cwd),
    kinds: async () => (await import('./source-types.ts')).SIGNAL_KINDS,
    rollbackVerbs: async () => (await import('./runbooks/roll-back.ts')).ROLLBACK_VERBS,
    tokens: (config) => tokenDesk(facts, config),
    backup: ({ config, path }) => backup(facts, config, path),
    doctor: async ({ config, abort: stop }) => (await import('./doctor.ts')).examine(facts, config, stop),
  };
}

/** A path that cannot be read is wrong usage: rules that were not looked at must not pass for right. */
async function readRules(paths: readonly string[], cwd: string): Promise<readonly RuleFile[]> {
  const { readRuleFiles } = await import('./settings/files.ts');
  const { files, missing } = readRuleFiles(paths.map((path) => join(path.startsWith('/') ? '' : cwd, path)));
  if (missing.length === 0) return files;
  const { wrongUsage } = await import('./cli/failure.ts');
  throw wrongUsage(missing.map(({ path, why }) => `${path}: ${why}`).join('\n'));
}

/** The first of these that is set decides, as in every other program. */
function isUtf8(env: ProcessFacts['env']): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || 'C.UTF-8';
  return /utf-?8/i.test(locale);
}

function sleep(duration: Duration, abort: AbortSignal): Promise<void> {
  if (abort.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, duration);
    function done() {
      clearTimeout(timer);
      abort.removeEventListener('abort', done);
      resolve();
    }
    abort.addEventListener('abort', done, { once: true });
  });
}

async function demo(facts: ProcessFacts, asked: { once: boolean; realDbt: boolean }): Promise<ExitCode> {
  const [{ runDemo }, { startDaemon }, { openLog }] = await Promise.all([
    import('./demo/index.ts'),
    import('./daemon.ts'),
    import('./log.ts'),
  ]);
  const { stdout, stderr, env, version } = facts;
  const code = await runDemo({
    ...asked,
    root: facts.root,
    directory: join(facts.cwd, '.demo'),
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isTerminal: stdout.isTTY === true,
    utf8: isUtf8(env),
    colour: stdout.isTTY === true && env.NO_COLOR === undefined,
    env,
    abort: facts.abort,
    nodePath: facts.nodePath,
    startDaemon: (options) =>
      startDaemon({ ...options, version, log: openLog({ file: join(facts.cwd, '.demo', 'daemon.log') }) }),
  });
  return code === 0 ? 0 : 1;
}

async function loaded({ env }: ProcessFacts, config: string) {
  const [{ loadSettings, describeCheck }, { SOURCE_TYPES }] = await Promise.all([
    import('./settings/load-settings.ts'),
    import('./source-types.ts'),
  ]);
  const found = loadSettings(config, env, SOURCE_TYPES);
  return { ...found, described: describeCheck(found) };
}

async function checkSettings(facts: ProcessFacts, config: string): Promise<SettingsAnswer> {
  const { diagnostics, described } = await loaded(facts, config);
  return { diagnostics, sentence: described.text.trimEnd().split('\n').at(-1) ?? '' };
}

async function showSettings(facts: ProcessFacts, config: string): Promise<ShownSettings> {
  const { diagnostics, settings } = await loaded(facts, config);
  if (settings === undefined) return { diagnostics, text: null, json: null };
  const [{ showSettings: show }, { parse }] = await Promise.all([
    import('./settings/show-settings.ts'),
    import('yaml'),
  ]);
  const text = show(settings);
  return { diagnostics, text, json: parse(text) };
}

async function stateFile(facts: ProcessFacts, config: string): Promise<string> {
  const { settings, described } = await loaded(facts, config);
  if (settings === undefined) {
    const { Refusal } = await import('./core/errors.ts');
    throw new Refusal(
      'invalid',
      'configuration',
      described.text.trimEnd(),
      'rollbackd check says what is wrong.',
    );
  }
  return settings.state.sqlite;
}

async function tokenDesk(facts: ProcessFacts, config: string): Promise<TokenDesk> {
  const [{ openForTools }, { hashToken, newToken }] = await Promise.all([
    import('./adapters/sql-store/index.ts'),
    import('./http/tokens.ts'),
  ]);
  const store = await openForTools(await stateFile(facts, config));
  const { switches } = store;
  return {
    async create(ask) {
      const text = newToken();
      const id = randomUUID().slice(0, 8);
      await switches.putToken({ ...ask, id, hash: hashToken(text), createdAt: Date.now(), revokedAt: null });
      return { id, text };
    },
    list: () => switches.tokens(),
    async revoke(id) {
      const token = (await switches.tokens()).find((each) => each.id === id && each.revokedAt === null);
      if (token === undefined) return false;
      await switches.putToken({ ...token, revokedAt: Date.now() });
      return true;
    },
    close: () => store.close(),
  };
}

async function backup(facts: ProcessFacts, config: string, path: string): Promise<{ bytes: number }> {
  const { openForTools } = await import('./adapters/sql-store/index.ts');
  const store = await openForTools(await stateFile(facts, config));
  try {
    await store.backup(path);
    return { bytes: (await stat(path)).size };
  } finally {
    await store.close();
  }
}
