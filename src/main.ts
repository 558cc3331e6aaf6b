import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCli } from './cli/program.ts';
import { createIo } from './command-line.ts';

/** argv, environment, OS signals: the only file that says `process`. */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const abort = new AbortController();
const hangUps = new EventTarget();

process.on('SIGINT', () => abort.abort());
process.on('SIGTERM', () => abort.abort());
process.on('SIGHUP', () => hangUps.dispatchEvent(new Event('reload')));
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const io = createIo({
  root,
  version,
  env: process.env,
  cwd: process.cwd(),
  nodePath: process.execPath,
  stdout: process.stdout,
  stderr: process.stderr,
  abort: abort.signal,
  hangUps,
});
void runCli(process.argv.slice(2), io).then((code) => {
  process.exitCode = code;
});
