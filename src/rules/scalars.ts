import { parseDuration, writeDuration } from '../core/duration.ts';
import type { Duration } from '../core/time.ts';
import { NAME, NAME_HINT, type Reading, refuse, type Shape } from './shape.ts';
import type { Span } from './source.ts';
import { didYouMean } from './suggest.ts';
import type { YamlNode, YamlScalar } from './yaml-node.ts';

/** Text of one or more characters. */
export const text: Shape<string> = {
  is: 'text',
  schema: { type: 'string', minLength: 1 },
  read(node, reading) {
    const scalar = filled(node, reading, 'text');
    if (scalar === undefined) return undefined;
    if (typeof scalar.value === 'string' && scalar.value.trim() !== '') return scalar.value;
    if (scalar.value === '' || typeof scalar.value === 'string')
      return refuse(reading, node, 'this text is empty');
    const raw = written(node, reading);
    return refuse(reading, node, `${raw} is not text`, { hint: `write "${raw}"` });
  },
};

/** A name: short text without spaces. */
export const name: Shape<string> = {
  is: 'a name',
  schema: { type: 'string', pattern: NAME.source },
  read(node, reading) {
    const value = text.read(node, reading);
    if (value === undefined || NAME.test(value)) return value;
    return refuse(reading, node, `"${value}" is not a name`, { hint: NAME_HINT });
  },
};

/** Text as it was written, whatever YAML makes of it: a commit `1234567` is no number. */
export const word: Shape<string> = {
  is: 'a word',
  schema: { type: ['string', 'number'] },
  read(node, reading) {
    const scalar = filled(node, reading, 'a word');
    if (scalar === undefined) return undefined;
    return said(scalar, reading);
  },
};

/** `true` or `false`; YAML 1.1's yes, no, on and off are text here, and refused. */
export const flag: Shape<boolean> = {
  is: 'true or false',
  schema: { type: 'boolean' },
  read(node, reading) {
    const scalar = filled(node, reading, 'true or false');
    if (scalar === undefined) return undefined;
    if (typeof scalar.value === 'boolean') return scalar.value;
    const raw = written(node, reading);
    const meant = /^["']?(yes|on|y)["']?$/i.test(raw)
      ? 'write true'
      : /^["']?(no|off|n)["']?$/i.test(raw)
        ? 'write false'
        : null;
    return refuse(reading, node, `${quoted(raw)} is not true or false`, { hint: meant });
  },
};

/** A number within limits, both included. */
export function number(
  limits: { readonly min?: number; readonly max?: number; readonly whole?: boolean } = {},
): Shape<number> {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, whole = false } = limits;
  return {
    is: whole ? 'a whole number' : 'a number',
    schema: {
      type: whole ? 'integer' : 'number',
      ...(limits.min === undefined ? {} : { minimum: min }),
      ...(limits.max === undefined ? {} : { maximum: max }),
    },
    read(node, reading) {
      const scalar = filled(node, reading, 'a number');
      if (scalar === undefined) return undefined;
      const raw = written(node, reading);
      const { value } = scalar;
      if (typeof value !== 'number' || !Number.isFinite(value))
        return refuse(reading, node, `${quoted(raw)} is not a number`);
      if (whole && !Number.isInteger(value)) return refuse(reading, node, `${raw} is not a whole number`);
      if (value < min) return refuse(reading, node, `${raw} is too small`, { hint: `at least ${min}` });
      if (value > max) return refuse(reading, node, `${raw} is too large`, { hint: `at most ${max}` });
      return value;
    },
  };
}

const DURATION = '^([0-9]{1,9}(ms|s|m|h|d))+$';

/** A length of time: `90s`, `15m`, `1h30m`, in milliseconds. */
export const duration: Shape<Duration> = {
  is: 'a duration',
  schema: { type: 'string', pattern: DURATION, examples: ['15m'] },
  read(node, reading) {
    const scalar = filled(node, reading, 'a duration');
    return scalar === undefined ? undefined : durationOf(said(scalar, reading), scalar, reading);
  },
};

function durationOf(raw: string, scalar: YamlScalar, reading: Reading): Duration | undefined {
  const value = parseDuration(raw);
  if (value !== undefined) return value;
  if (scalar.text !== undefined)
    return refuse(reading, scalar, `what ${written(scalar, reading)} says is not a duration`);
  return refuse(reading, scalar, `"${raw}" is not a duration`, { hint: durationMeant(raw) });
}

/** What somebody who writes `10 min`, `1 hour` or `10` probably means. */
function durationMeant(raw: string): string {
  const bare = raw.toLowerCase();
  if (/^0+$/.test(bare)) return 'write 0s';
  if (/^\d{1,6}$/.test(bare)) return `write ${bare}s, ${bare}m or ${bare}h`;
  const short = bare
    .replaceAll(/[\s,]+|and/g, '')
    .replaceAll(/(\d)([a-z]+)/g, (whole, digit: string, unit: string) => {
      const found = UNITS.find(([pattern]) => pattern.test(unit));
      return found === undefined ? whole : `${digit}${found[1]}`;
    });
  const value = parseDuration(short);
  return value === undefined ? 'write it as 90s, 15m or 1h30m' : `write ${writeDuration(value)}`;
}

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/^(ms|msecs?|millis|milliseconds?)$/, 'ms'],
  [/^(s|secs?|seconds?)$/, 's'],
  [/^(m|mins?|minutes?)$/, 'm'],
  [/^(h|hrs?|hours?)$/, 'h'],
  [/^(d|days?)$/, 'd'],
];

/** One of a closed list of words. `is` names what it is: `a severity`. */
export function oneOf<const T extends string>(is: string, words: readonly T[]): Shape<T> {
  return {
    is,
    schema: { type: 'string', enum: words },
    read(node, reading) {
      const scalar = filled(node, reading, is);
      if (scalar === undefined) return undefined;
      const raw = said(scalar, reading);
      const found = words.find((each) => each === raw);
      if (found !== undefined) return found;
      if (scalar.text !== undefined)
        return refuse(reading, node, `what ${written(node, reading)} says is not ${is}`);
      return refuse(reading, node, `"${raw}" is not ${is}`, {
        hint: didYouMean(raw, words),
        note: `${is} is one of: ${words.join(', ')}`,
      });
    },
  };
}

/** `2 of 3`. */
export const nOfM: Shape<{ readonly n: number; readonly of: number }> = {
  is: 'a count like 2 of 3',
  schema: { type: 'string', pattern: '^[0-9]+ of [0-9]+$', examples: ['2 of 3'] },
  read(node, reading) {
    const scalar = filled(node, reading, 'a count like 2 of 3');
    if (scalar === undefined) return undefined;
    const raw = said(scalar, reading);
    const [, n, of] = /^(\d{1,3}) of (\d{1,3})$/.exec(raw) ?? [];
    if (n === undefined || of === undefined)
      return refuse(reading, node, `${quoted(written(node, reading))} is not a count`, {
        hint: 'write it as 2 of 3',
      });
    const counts = { n: Number(n), of: Number(of) };
    if (counts.n >= 1 && counts.n <= counts.of && counts.of <= 50) return counts;
    return refuse(reading, node, `${raw} can never be`, {
      hint: 'the first is from 1 to the second, the second at most 50',
    });
  },
};

/** `2 per 24h`. */
export const countPer: Shape<{ readonly count: number; readonly per: Duration }> = {
  is: 'a limit like 2 per 24h',
  schema: { type: 'string', pattern: '^[0-9]+ per ([0-9]{1,9}(ms|s|m|h|d))+$', examples: ['2 per 24h'] },
  read(node, reading) {
    const scalar = filled(node, reading, 'a limit like 2 per 24h');
    if (scalar === undefined) return undefined;
    const raw = said(scalar, reading);
    const [, count, per] = /^(\d{1,6}) per (.+)$/.exec(raw) ?? [];
    if (count === undefined || per === undefined)
      return refuse(reading, node, `${quoted(written(node, reading))} is not a limit`, {
        hint: 'write it as 2 per 24h',
      });
    const time = durationOf(per, scalar, reading);
    return time === undefined ? undefined : { count: Number(count), per: time };
  },
};

/** What a scalar says, without its quotes; not for messages, it may come from the environment. */
export function said(scalar: YamlScalar, reading: Reading): string {
  if (scalar.text !== undefined) return scalar.text;
  return scalar.plain ? written(scalar, reading) : String(scalar.value);
}

/** What stands in the file, as it stands there: safe to show where a variable was filled in. */
export function written(node: Span, reading: Reading): string {
  return reading.source.text.slice(node.start, node.end);
}

function quoted(raw: string): string {
  return /^["']/.test(raw) ? raw : `"${raw}"`;
}

function filled(node: YamlNode, reading: Reading, is: string): YamlScalar | undefined {
  if (node.is !== 'scalar')
    return refuse(
      reading,
      node,
      `this must be ${is}, not ${node.is === 'list' ? 'a list' : 'keys and values'}`,
    );
  if (node.value === null) return refuse(reading, node, 'a value is missing here', { hint: `write ${is}` });
  return node;
}
