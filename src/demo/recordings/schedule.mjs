// The switch of the demo's scheduler: `schedule.mjs FOLDER pause|resume|status`. A flag file holds the schedule.
import { appendFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '.', verb = ''] = process.argv.slice(2);
const flag = join(folder, 'paused');
const isPaused = existsSync(flag);

if (verb === 'status') process.exitCode = isPaused ? 0 : 1;
else if (verb === 'pause' && !isPaused) {
  writeFileSync(flag, '');
  note();
} else if (verb === 'resume' && isPaused) {
  rmSync(flag);
  note();
} else if (verb !== 'pause' && verb !== 'resume') {
  console.error(`${verb} is not pause, resume or status`);
  process.exitCode = 2;
}

function note() {
  appendFileSync(join(folder, 'log'), `${new Date().toISOString()} ${verb}\n`);
}
