import { cp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What packages written for `require` expect to find. */
const BANNER = `import { createRequire as __createRequire } from 'node:module';
import { dirname as __pathOf } from 'node:path';
import { fileURLToPath as __fileOf } from 'node:url';
const require = __createRequire(import.meta.url);
const __filename = __fileOf(import.meta.url);
const __dirname = __pathOf(__filename);`;

/** Bundles src/main.ts with its packages into dist/; what is imported lazily stays lazy, in chunks of its own. */
await rm(new URL('../dist', import.meta.url), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  legalComments: 'linked',
  chunkNames: 'chunks/[name]-[hash]',
  // Compiled add-ons of the SSH client beneath dockerode: it does without them where they cannot be loaded.
  external: ['*.node'],
  banner: { js: BANNER },
  logLevel: 'warning',
});
// SQL is kept in files, which the chunk that asks by them reads from beside itself.
await cp(
  new URL('../src/adapters/sql-server/sql', import.meta.url),
  new URL('../dist/chunks/sql', import.meta.url),
  {
    recursive: true,
  },
);
