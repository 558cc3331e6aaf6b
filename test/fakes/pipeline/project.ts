import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the models' files say: which layer's test fails. */
export type Content = 'good' | 'bad gold' | 'bad silver';

/** Writes the dbt project into a checked-out copy. */
export function writeProject(copy: string, content: Content): void {
  for (const layer of ['gold', 'silver']) {
    const file = join(copy, 'dbt', 'models', layer, 'orders.sql');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `select 1 -- ${content === `bad ${layer}` ? 'bad' : 'good'}\n`);
  }
  writeFileSync(join(copy, 'dbt', 'dbt_project.yml'), 'name: shop\n');
}
