import type { CliIo } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/program.ts';
import { NOW } from './story.ts';

/** A terminal that keeps what is written to it, and a clock that moves only while somebody sleeps. */
export interface Terminal {
  readonly io: CliIo;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly run: (...argv: string[]) => Promise<number>;
}

export function terminal(over: Partial<CliIo> = {}): Terminal {
  let out = '';
  let err = '';
  let now = NOW;
  const io: CliIo = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: { ROLLBACKD_TOKEN: 'rbd_secret' },
    isTerminal: false,
    errIsTerminal: false,
    columns: 100,
    utf8: true,
    version: '0.1.0',
    now: () => now,
    sleep: async (duration) => {
      now += duration;
    },
    fetch: async () => {
      throw new TypeError('fetch failed', {
        cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
      });
    },
    readFile: async (path) => {
      throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    },
    writeFile: async () => undefined,
    cwd: '/home/ann',
    abort: new AbortController().signal,
    serve: async () => 0,
    demo: async () => 0,
    checkSettings: async () => ({ diagnostics: [], sentence: '3 environments, 2 sources, 14 rules.' }),
    showSettings: async () => ({ diagnostics: [], text: 'token: <secret>', json: { token: '<secret>' } }),
    readRuleFiles: async () => [],
    kinds: async () => [],
    rollbackVerbs: async () => ['git.revert', 'health.prove'],
    tokens: async () => ({
      create: async () => ({ id: 'tok-1', text: 'rbd_text' }),
      list: async () => [],
      revoke: async () => false,
      close: async () => undefined,
    }),
    backup: async () => ({ bytes: 41_000_000 }),
    doctor: async () => [],
    ...over,
  };
  return { io, stdout: () => out, stderr: () => err, run: (...argv) => runCli(argv, io) };
}
