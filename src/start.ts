import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { type CodeCache, codeCacheIn, NO_CODE_CACHE } from './loader/code-cache.ts';
import { Program } from './loader/program.ts';

/** The built program, with the code that was compiled for it before: `bin/rollbackd.js` begins here. */

// The room for young objects would grow to over 100 MB and stay so; every git that is started copies the page tables.
// Before anything is loaded: compiled code is good for the flags that it was compiled under.
setFlagsFromString('--semi-space-growth-factor=1');

const dist = dirname(fileURLToPath(import.meta.url));
const program = new Program(cacheFor(process.env));
program.load(join(dist, 'main.cjs'));
process.on('exit', () => {
  if (!program.wasCompiled || process.uptime() > LASTING) program.keep();
});

/** Only a daemon runs that long, s: what it did meanwhile is kept for its next start. A command does not wait for that. */
const LASTING = 10;

/** By the directory that Node's own cache is given, or the user's. */
function cacheFor(env: NodeJS.ProcessEnv): CodeCache {
  if (env.NODE_DISABLE_COMPILE_CACHE !== undefined) return NO_CODE_CACHE;
  const directory =
    env.NODE_COMPILE_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'rollbackd', 'compiled');
  return codeCacheIn(join(directory, `${process.version}-${process.arch}`), process.getuid?.());
}
