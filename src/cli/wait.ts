import { sayDuration } from '../core/duration.ts';
import { isFinal, needsPerson } from '../core/incident.ts';
import { seconds } from '../core/time.ts';
import { type Answer, type IncidentStory, incidentOf } from './api.ts';
import type { Client } from './client.ts';
import { Failure } from './failure.ts';
import type { CliIo, ExitCode } from './io.ts';
import { progressOf } from './progress.ts';
import type { Shell } from './shell.ts';
import { renderStep } from './step.ts';
import { incidentWord } from './words.ts';

const LOOK_EVERY = seconds(2);

/** Waits until a rollback is proven healthy, has ended otherwise, or needs a person. Says how it goes on stderr. */
export async function waitForEnd(client: Client, shell: Shell, id: string): Promise<Answer<IncidentStory>> {
  const { io } = shell;
  const progress = progressOf(io);
  const since = io.now();
  try {
    for (;;) {
      const found = await incidentOf(client, id);
      if (hasEnded(found.value)) return found;
      progress.say(sayHow(found.value, shell, sayDuration(io.now() - since)));
      await io.sleep(LOOK_EVERY, io.abort);
      if (io.abort.aborted) throw stopped(io, id);
    }
  } finally {
    progress.end();
  }
}

/** 0 where it is rolled back and proven healthy; 1 where it ended in any other way. */
export function waitedCode({ state }: Pick<IncidentStory, 'state'>): ExitCode {
  return state === 'rolled_back' || state === 'probation' ? 0 : 1;
}

/** Probation only watches what is proven already. */
function hasEnded({ state, approval }: IncidentStory): boolean {
  if (state === 'unanswered' && approval?.answer?.is === 'approved') return false;
  return isFinal(state) || needsPerson(state) || state === 'probation';
}

function sayHow(incident: IncidentStory, shell: Shell, elapsed: string): string {
  const { word } = incidentWord(incident.state);
  const steps = incident.plans.at(-1)?.steps ?? [];
  const texts = steps.map((step, index) =>
    renderStep(step, { incident, index, look: shell.look, now: shell.io.now() }),
  );
  const current = texts.find((_, index) =>
    incident.steps.some((record) => record.outcome === 'running' && record.key.includes(`/${index + 1}-`)),
  );
  return `${incident.id} ${word}, ${elapsed}${current === undefined ? '' : `  ${current.text}, ${current.remark}`}`;
}

function stopped(io: CliIo, id: string): Failure {
  io.err('\n');
  return new Failure(`Stopped waiting; ${id} goes on by itself.`, [`See how: rollbackd explain ${id}`]);
}
