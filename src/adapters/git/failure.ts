import type { OutsideReason } from '../../core/errors.ts';
import { OutsideError } from '../../core/errors.ts';
import { seconds } from '../../core/time.ts';

/** First match wins: the more telling line of ssh or http stands before git's own summary. */
const SIGNS: readonly (readonly [RegExp, OutsideReason])[] = [
  [/returned error: 429|rate limit/i, 'rate-limited'],
  [
    /permission denied \(|authentication failed|could not read (username|password)|terminal prompts disabled/i,
    'auth',
  ],
  [
    /host key verification failed|returned error: 40[13]|invalid (username|credentials)|access denied/i,
    'auth',
  ],
  [/marked as read only|permission to .* denied|write access .* not granted/i, 'auth'],
  [
    /could not resolve host|connection (refused|reset|timed out)|failed to connect|network is unreachable/i,
    'unreachable',
  ],
  [
    /connection closed by|operation timed out|early eof|hung up|returned error: 5\d\d|too slow/i,
    'unreachable',
  ],
  [/not found|does not (exist|appear to be a git repository)|repository .* does not exist/i, 'refused'],
  [/\.lock'?: file exists|cannot lock ref|another git process/i, 'refused'],
  [/dubious ownership|permission denied|read-only file system|insufficient permission/i, 'refused'],
];

/** What git said as an OutsideError; `said` must be redacted already. */
export function failureOf(command: string, said: string): OutsideError {
  const reason = SIGNS.find(([sign]) => sign.test(said))?.[1] ?? 'unexpected-reply';
  const words = sayWords(said);
  const message = words === '' ? `git ${command} failed without a word` : `git ${command}: ${words}`;
  return new OutsideError('git', reason, message, { retry: retryOf(reason, said) });
}

/** Foreign words fit for a person: one line, no control characters, no hints of git, at most 400 characters. */
export function sayWords(said: string): string {
  const lines = said
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
    .split(/[\r\n]+/)
    .map((line) => tidy(line.replace(/^remote:/, '')))
    .filter(
      (line) => line !== '' && !/^(hint:|Please make sure|and the repository exists|To \S+$)/.test(line),
    );
  const words = lines.join(' ');
  return words.length > 400 ? `${words.slice(0, 399)}…` : words;
}

/** One line without control characters, trimmed. */
export function tidy(line: string): string {
  return line.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+/g, ' ').trim();
}

function retryOf(reason: OutsideReason, said: string): OutsideError['retry'] {
  if (reason === 'rate-limited') return { after: seconds(60) };
  if (reason === 'unreachable') return { after: seconds(10) };
  if (/\.lock'?: file exists|cannot lock ref/i.test(said)) return { after: seconds(2) };
  return 'no';
}
