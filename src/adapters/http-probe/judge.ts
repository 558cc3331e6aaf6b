import { cut, plain } from '../../core/wording.ts';
import type { Answered } from './ask.ts';
import type { Probe } from './options.ts';

/** Whether a reply is what the probe expects, and what was found. */
export interface Judged {
  readonly well: boolean;
  /** Why not; empty where it is well. */
  readonly because: string;
  /** The values that were asked for in its JSON, as text. */
  readonly found: string;
}

/** Status first, then the body: `200` with an error inside is not well. */
export function judge(probe: Probe, { code, body }: Answered): Judged {
  const isExpected = probe.expects.some(([from, to]) => code >= from && code <= to);
  if (!isExpected) return no(`it answered ${code}`);
  if (probe.contains !== null && !body.includes(probe.contains))
    return no('the text it should have is not in it');
  const paths = Object.entries(probe.json);
  if (paths.length === 0) return { well: true, because: '', found: '' };
  const json = parsed(body);
  if (json === undefined) return no('it answered with no JSON');
  const found = paths.map(([path, expected]) => ({ path, expected, value: textAt(json, path) }));
  const text = cut(plain(found.map(({ path, value }) => `${path}=${value ?? 'missing'}`).join(', ')), 300);
  const wrong = found.find(
    ({ expected, value }) => value === undefined || (expected !== null && value !== expected),
  );
  if (wrong === undefined) return { well: true, because: '', found: text };
  const wanted = wrong.expected === null ? 'is expected' : `should be ${wrong.expected}`;
  return {
    well: false,
    because: `${wrong.path} ${wanted}, and is ${cut(plain(wrong.value ?? 'missing'), 100)}`,
    found: text,
  };
}

function no(because: string): Judged {
  return { well: false, because, found: '' };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** `checks[0].status` of a JSON value, as text; undefined where nothing stands there. */
function textAt(json: unknown, path: string): string | undefined {
  let at: unknown = json;
  for (const key of path.split(/[.[\]]+/).filter((part) => part !== '')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return typeof at === 'object' ? JSON.stringify(at) : String(at);
}
