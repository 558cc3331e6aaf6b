import { join } from 'node:path';
import { build } from 'rolldown';
import { ROOT } from './program.ts';

/** Bundles a program of this folder, as rollbackd itself ships: what strips types would count in memory and time. */
export async function bundled(name: string, directory: string): Promise<readonly string[]> {
  const file = join(directory, `${name}.mjs`);
  await build({
    input: join(ROOT, 'bench', 'programs', `${name}.ts`),
    platform: 'node',
    transform: { target: 'node24' },
    output: { file, format: 'esm', codeSplitting: false },
    logLevel: 'warn',
  });
  return [process.execPath, file];
}
