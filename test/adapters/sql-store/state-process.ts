import { argv, stdout } from 'node:process';
import { openSqliteStore } from '../../../src/adapters/sql-store/index.ts';
import { aSignal } from '../../contract/store/samples.ts';

/** A process of its own that holds the state file, and writes down each signal that was acknowledged to it. */
const [, , path = '', load = 'hold'] = argv;
const store = await openSqliteStore({ path, now: () => 0 });
stdout.write('open\n');

if (load === 'write') {
  for (let turn = 0; ; turn += 1) {
    const ids = Array.from({ length: 5 }, (_, i) => `${turn}-${i}`);
    await Promise.all(
      ids.map(async (id) => {
        await store.signals.add([aSignal({ id })]);
        stdout.write(`${id}\n`);
      }),
    );
  }
}
setInterval(() => undefined, 60_000);
