import type { Signal } from '../../core/signal.ts';
import { plain } from '../../core/wording.ts';
import type { Event } from './schema.ts';

const TOLD = ['die', 'oom', 'kill', 'stop', 'start', 'restart', 'destroy'];

/** What an event is called in a signal; undefined for what is not told, as the `exec_*` of every health check. */
export function actionOf({ Type, Action }: Event): string | undefined {
  if (Type !== 'container') return undefined;
  if (Action === 'health_status: unhealthy') return 'health-unhealthy';
  return TOLD.includes(Action) ? Action : undefined;
}

/** An event as a signal; undefined where it is not told, or about a one-off job. */
export function eventSignal(
  event: Event,
  { name: source, environment }: { readonly name: string; readonly environment: string },
): Signal | undefined {
  const action = actionOf(event);
  const { ID, Attributes } = event.Actor;
  const service = Attributes['com.docker.compose.service'];
  if (action === undefined || service === undefined) return undefined;
  if (Attributes['com.docker.compose.oneoff'] === 'True') return undefined;
  const at = Math.floor(event.timeNano / 1e6);
  const exitCode = Attributes.exitCode === undefined ? null : Number(Attributes.exitCode);
  return {
    id: `${source}/docker.event/${ID.slice(0, 12)}/${action}/${event.timeNano}`,
    environment,
    source,
    kind: 'docker.event',
    subject: plain(service),
    at,
    began: at,
    invocation: null,
    startedBy: null,
    attributes: {
      action,
      exit_code: exitCode,
      service: plain(service),
      container: plain(Attributes.name ?? ID.slice(0, 12)),
    },
  };
}
