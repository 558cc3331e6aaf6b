import { type Duration, days } from '../core/time.ts';
import { object, optional, type Reading, refuse, type Shape } from '../rules/shape.ts';
import type { Span } from '../rules/source.ts';
import { place, seconds } from './settings-scalars.ts';

/** Where what must survive a restart is kept, and for how long. */
export interface WrittenState {
  readonly sqlite: string;
  readonly retention: { readonly signals: Duration; readonly history: Duration };
}

export const defaultState: WrittenState = {
  sqlite: './state/rollbackd.db',
  retention: { signals: days(14), history: days(180) },
};

const written = object('state', {
  sqlite: optional(place, defaultState.sqlite),
  retention: optional(
    object('retention', {
      signals: optional(seconds, defaultState.retention.signals),
      history: optional(seconds, defaultState.retention.history),
    }),
    defaultState.retention,
  ),
});

/** `state:`. Whoever asks for PostgreSQL is told that it is not there, not that the word is unknown. */
export const stateShape: Shape<WrittenState> = {
  ...written,
  read(node, reading) {
    if (node.is === 'scalar' && /^postgres/i.test(reading.source.text.slice(node.start, node.end)))
      return refuseDatabase(node, reading);
    if (node.is !== 'map') return written.read(node, reading);
    const asked = node.entries.find(({ key }) => /^postgres(ql)?$/i.test(key));
    if (asked === undefined) return written.read(node, reading);
    const others = node.entries.filter((entry) => entry !== asked);
    written.read({ ...node, entries: others }, reading);
    return refuseDatabase(asked.keySpan, reading);
  },
};

function refuseDatabase(span: Span, reading: Reading): undefined {
  return refuse(reading, span, 'PostgreSQL is not built yet: state is kept in one SQLite file', {
    hint: 'write sqlite: ./state/rollbackd.db, on a disk of the machine that runs the daemon',
  });
}
