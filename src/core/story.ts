import { apply, type EventBody, type Incident } from './incident.ts';
import type { Instant } from './time.ts';

/** Events so far and the incident they lead to. */
export class Story {
  incident: Incident | undefined;
  readonly events: EventBody[] = [];
  readonly #now: Instant;

  constructor(incident: Incident | undefined, now: Instant) {
    this.incident = incident;
    this.#now = now;
  }

  tell(event: EventBody): void {
    this.events.push(event);
    this.incident = apply(this.incident, { ...event, at: this.#now, by: 'rollbackd' });
  }
}
