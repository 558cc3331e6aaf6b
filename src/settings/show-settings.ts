import { stringify } from 'yaml';
import { writeDuration } from '../core/duration.ts';
import { Secret } from '../core/secret.ts';
import type { Settings } from './settings.ts';

/** What is in force, every default filled in, as YAML with every secret as `<secret>`: for people, not to be read back. */
export function showSettings(settings: Settings): string {
  return stringify(plain(settings, ''), { lineWidth: 0 });
}

/** Keys whose numbers are lengths of time. */
const DURATIONS: ReadonlySet<string> = new Set([
  'signals',
  'history',
  'expect_every',
  'stale_after',
  'died_after',
  'poll',
  'for',
  'settle',
  'blame_window',
  'reopen_window',
  'cool_down',
  'per',
  'probation',
  'deploys_within',
  'quiesce',
  'prove_within',
]);

function plain(value: unknown, key: string): unknown {
  if (value instanceof Secret) return String(value);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([name, each]) => [name, plain(each, '')]));
  if (Array.isArray(value)) return value.map((each) => plain(each, key));
  if (typeof value === 'string') return withoutPassword(value);
  if (typeof value === 'number') return DURATIONS.has(key) ? writeDuration(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, each]) => [
    snakeCase(name),
    plain(each, snakeCase(name)),
  ]);
  return Object.fromEntries(entries);
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `https://user:token@host` shows who, never with what. */
function withoutPassword(text: string): string {
  return text.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1<secret>@');
}
