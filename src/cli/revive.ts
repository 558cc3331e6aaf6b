import { parseDuration } from '../core/duration.ts';
import { tame } from './foreign.ts';

/** Members that hold a moment (RFC 3339), and members that hold a length of time (`1h30m`). */
const INSTANTS = new Set([
  'at',
  'since',
  'until',
  'deadline',
  'expires',
  'from',
  'date',
  'began',
  'last_seen',
]);
const DURATIONS = new Set(['within', 'after', 'per', 'data_age', 'age_limit', 'respond_within', 'usual']);
/** Members whose own members are names that others chose: nothing is renamed below them. */
const MAPS = new Set(['attributes', 'result']);
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** The API's JSON as the types of the program: camelCase, moments and durations in milliseconds, text tamed. */
export function revive(json: unknown): unknown {
  return reviveMember('', json, false);
}

function reviveMember(name: string, json: unknown, isMap: boolean): unknown {
  if (typeof json === 'string') return reviveText(name, json);
  if (Array.isArray(json)) return json.map((each) => reviveMember(name, each, isMap));
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      isMap ? tame(key) : camel(key),
      isMap && typeof value === 'string' ? tame(value) : reviveMember(key, value, isMap || MAPS.has(key)),
    ]),
  );
}

function reviveText(name: string, text: string): unknown {
  if ((INSTANTS.has(name) || name.endsWith('_at') || name.endsWith('_since')) && RFC_3339.test(text))
    return Date.parse(text);
  if (DURATIONS.has(name)) return parseDuration(text) ?? tame(text);
  return tame(text);
}

/** The API says `then_asks` where the program says `then`. */
function camel(name: string): string {
  if (name === 'then_asks') return 'then';
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
