import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './program.ts';

/** Bundles a program of this folder, as rollbackd itself ships: what strips types would count in memory and time. */
export async function bundled(name: string, directory: string): Promise<readonly string[]> {
  const outfile = join(directory, `${name}.mjs`);
  await build({
    entryPoints: [join(ROOT, 'bench', 'programs', `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    banner: {
      js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  return [process.execPath, outfile];
}
