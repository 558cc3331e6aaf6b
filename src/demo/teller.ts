import type { Duration, Instant } from '../core/time.ts';

const SHAPES = {
  well: { mark: '●', ascii: 'ok', colour: '32' },
  wrong: { mark: '▲', ascii: '!!', colour: '31' },
  'needs-person': { mark: '◆', ascii: '??', colour: '33' },
  running: { mark: '◐', ascii: '..', colour: '34' },
  'not-yet': { mark: '○', ascii: '--', colour: null },
  unknown: { mark: '◌', ascii: '~~', colour: '2' },
} as const;
type Shape = keyof typeof SHAPES;

/** One line of the story; `at` is when it happened, `took` stands at the right edge. */
interface Line {
  readonly at: Instant;
  readonly shape: Shape;
  /** `deploy`, `observe`, `judge`, `decide`, `act`, `verify`, `report`; empty: as the line before. */
  readonly stage: string;
  readonly text: string;
  readonly took?: Duration;
}

/** Writes the story down, in the words and columns of the command line. */
export interface Teller {
  title(text: string): void;
  line(line: Line): void;
  /** Why, below a line: label and text. */
  reason(label: string, text: string): void;
  /** Short texts with their shapes, side by side. */
  marks(texts: readonly { readonly shape: Shape; readonly text: string }[]): void;
  plain(text: string): void;
}

export interface TellerOptions {
  readonly out: (text: string) => void;
  readonly utf8: boolean;
  readonly colour: boolean;
  /** Where the seconds count from. */
  readonly since: Instant;
}

const WIDTH = 100;
const STAGE = 10;
const LABEL = 10;

export function createTeller({ out, utf8, colour, since }: TellerOptions): Teller {
  const say = (text: string) => out(`${text.trimEnd()}\n`);
  const mark = (shape: Shape) => paint(SHAPES[shape], utf8, colour);
  const markWidth = utf8 ? 1 : 2;
  const indent = 12 + markWidth + STAGE;
  return {
    title: (text) => say(`\n  ${text}`),
    line({ at, shape, stage, text, took }) {
      const clock = `${Math.max(0, (at - since) / 1_000).toFixed(1)} s`.padStart(8);
      const lines = wrap(text, WIDTH - indent - (took === undefined ? 0 : 10));
      const [first = '', ...others] = lines;
      const end = took === undefined ? '' : sayTook(took).padStart(WIDTH - indent - first.length);
      say(`${clock}  ${mark(shape)}  ${stage.padEnd(STAGE)}${first}${end}`);
      for (const other of others) say(`${' '.repeat(indent)}${other}`);
    },
    reason(label, text) {
      const lines = wrap(text, WIDTH - indent - 2 - LABEL);
      for (const [index, each] of lines.entries())
        say(`${' '.repeat(indent + 2)}${(index === 0 ? label : '').padEnd(LABEL)}${each}`);
    },
    marks(texts) {
      const width = Math.max(0, ...texts.map(({ text }) => text.length)) + 2;
      const across = Math.max(1, Math.floor((WIDTH - 2) / (width + markWidth + 4)));
      for (let at = 0; at < texts.length; at += across) {
        const row = texts.slice(at, at + across);
        say(`  ${row.map(({ shape, text }) => `${mark(shape)}  ${text.padEnd(width)}`).join('  ')}`);
      }
    },
    plain: say,
  };
}

function paint(shape: (typeof SHAPES)[Shape], utf8: boolean, colour: boolean): string {
  const text = utf8 ? shape.mark : shape.ascii;
  return colour && shape.colour !== null ? `\u001b[${shape.colour}m${text}\u001b[0m` : text;
}

/** `18 ms`, `1.2 s`. */
function sayTook(took: Duration): string {
  return took < 1_000 ? `${Math.round(took)} ms` : `${(took / 1_000).toFixed(1)} s`;
}

/** Between words; a word longer than the line stays whole. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
