import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DBT_KINDS } from '../../../src/adapters/dbt/index.ts';
import { signalSourceContract } from '../../contract/signal-source.ts';
import { LATER, recorded, sourceOver, temporary } from './setting.ts';

signalSourceContract(
  'a dbt target directory',
  async () => {
    const home = temporary();
    const target = join(home, 'target');
    const elsewhere = temporary();
    for (const file of ['run_results.json', 'manifest.json'])
      writeFileSync(join(elsewhere, file), recorded('1.12/build-pass', file));
    symlinkSync(elsewhere, target);
    return {
      source: sourceOver(target, { archive: join(home, 'archive') }),
      kinds: DBT_KINDS,
      now: () => LATER,
      secrets: ['never in it'],
      // A directory that is missing is a project that did not run yet; a mount that leads nowhere is trouble.
      vanish: async () => {
        renameSync(target, `${target}-there`);
        symlinkSync(target, target);
      },
      comeBack: async () => {
        rmSync(target);
        renameSync(`${target}-there`, target);
      },
      close: async () => undefined,
    };
  },
  'never',
);
