import type { CliIo } from './io.ts';

/** The seven status shapes; there is no eighth. */
export type Shape = 'well' | 'wrong' | 'needs-person' | 'running' | 'not-yet' | 'unknown' | 'held';

/** What the reader's screen can show. */
export interface Look {
  readonly utf8: boolean;
  readonly colour: boolean;
  readonly columns: number;
}

const SHAPES: Readonly<
  Record<Shape, { readonly mark: string; readonly ascii: string; readonly colour: string | null }>
> = {
  well: { mark: '●', ascii: 'ok', colour: '32' },
  wrong: { mark: '▲', ascii: '!!', colour: '31' },
  'needs-person': { mark: '◆', ascii: '??', colour: '33' },
  running: { mark: '◐', ascii: '..', colour: '34' },
  'not-yet': { mark: '○', ascii: '--', colour: null },
  unknown: { mark: '◌', ascii: '~~', colour: '2' },
  held: { mark: '■', ascii: '##', colour: '2' },
};

/** The look of the results of this run: colour only on a terminal and never with NO_COLOR. */
export function lookOf(io: Pick<CliIo, 'env' | 'isTerminal' | 'columns' | 'utf8'>): Look {
  const noColour = (io.env.NO_COLOR ?? '') !== '' || io.env.TERM === 'dumb';
  return { utf8: io.utf8 && localeIsUtf8(io.env), colour: io.isTerminal && !noColour, columns: io.columns };
}

/** The shape as text: one character, or two letters without UTF-8. Colour only repeats it. */
export function mark(shape: Shape, look: Look): string {
  const { mark: character, ascii, colour } = SHAPES[shape];
  const text = look.utf8 ? character : ascii;
  return look.colour && colour !== null ? `\u001b[${colour}m${text}\u001b[0m` : text;
}

/** No locale at all says nothing against UTF-8; `C` and `de_DE.ISO-8859-1` do. */
function localeIsUtf8(env: CliIo['env']): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((each) => (each ?? '') !== '');
  return locale === undefined || /utf-?8/i.test(locale);
}
