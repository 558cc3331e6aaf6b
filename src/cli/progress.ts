import { minutes } from '../core/time.ts';
import type { CliIo } from './io.ts';
import { widthOf } from './layout.ts';

/** What is going on, on stderr: one line that is redrawn on a terminal, a line a minute elsewhere. */
export interface Progress {
  say(text: string): void;
  /** Takes the redrawn line away, so that results begin on a clean one. */
  end(): void;
}

export function progressOf(io: Pick<CliIo, 'err' | 'errIsTerminal' | 'columns' | 'now'>): Progress {
  return io.errIsTerminal ? redrawn(io) : aMinute(io);
}

function redrawn(io: Pick<CliIo, 'err' | 'columns'>): Progress {
  const clear = '\r\u001b[2K';
  return {
    say: (text) => io.err(`${clear}${shorten(text, io.columns - 1)}`),
    end: () => io.err(clear),
  };
}

function aMinute(io: Pick<CliIo, 'err' | 'now'>): Progress {
  let saidAt = Number.NEGATIVE_INFINITY;
  return {
    say: (text) => {
      if (io.now() - saidAt < minutes(1)) return;
      saidAt = io.now();
      io.err(`${text}\n`);
    },
    end: () => undefined,
  };
}

/** A line that wraps cannot be redrawn; the dots say that there is more. */
function shorten(text: string, width: number): string {
  return widthOf(text) <= width ? text : `${text.slice(0, Math.max(0, width - 4))} ...`;
}
