import { duration, name, oneOf, text } from '../rules/scalars.ts';
import { list, located, object, optional, required } from '../rules/shape.ts';
import { argv, place } from './settings-scalars.ts';

/** `schedule:` of an environment: what starts the pipeline, and how it is paused. */
export const scheduleShape = object('a schedule', {
  type: required(located(oneOf('a type of schedule', ['none', 'command', 'airflow']))),
  pause: optional(located(argv), null),
  resume: optional(located(argv), null),
  status: optional(located(argv), null, 'Exits 0 while it is paused, 1 while it runs.'),
  cwd: optional(place, null),
  source: optional(located(name), null, 'A source of type airflow: whose login pauses.'),
  dags: optional(located(list(text, { atLeast: 1 })), null, 'The DAGs that start the pipeline.'),
  runs: optional(
    oneOf('what becomes of a run', ['leave', 'fail']),
    'leave',
    'Once its tasks had their time: a run under way stays running, or is set failed.',
  ),
  quiesce: optional(duration, 300_000, 'How long a plan waits for a run that is under way.'),
});
