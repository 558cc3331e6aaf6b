import { pino } from 'pino';
import type { Log } from './ports/log.ts';

/** The daemon's log: one JSON object a line, to stdout or a file. Never a header, a password or a token. */
export function openLog(options: { readonly file?: string; readonly level?: string } = {}): Log {
  const destination = pino.destination({ dest: options.file ?? 1, mkdir: true, sync: false });
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: ['*.authorization', '*.password', '*.token', 'authorization', 'password', 'token'],
    },
    destination,
  );
}
