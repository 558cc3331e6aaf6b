import { actOn, type IncidentLine } from './api.ts';
import { wrap } from './layout.ts';
import { clientFor, type DaemonOptions, type Shell, show } from './shell.ts';
import { incidentWord } from './words.ts';

/** Something a person does with an incident: sent, then said, with what follows. */
export interface Act {
  readonly id: string;
  /** The last part of the route: `approve`. */
  readonly verb: string;
  readonly body: object;
  readonly say: (incident: IncidentLine) => string;
  readonly next: (incident: IncidentLine) => string;
}

export async function act(
  shell: Shell,
  options: DaemonOptions,
  { id, verb, body, say, next }: Act,
): Promise<void> {
  const client = await clientFor(shell, options);
  const { json, value } = await actOn(client, id, verb, body);
  show(shell, options, {
    json,
    lines: [...wrap(say(value), shell.look.columns), '', `Next: ${next(value)}`],
  });
}

/** `It is now waiting for approval.` */
export function sayNow({ state }: IncidentLine): string {
  return `It is now: ${incidentWord(state).word}.`;
}
