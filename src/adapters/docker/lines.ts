import type { Readable } from 'node:stream';

/** Tells the lines of a stream, however they are split, until it ends. Throws the abort's reason. */
export function readLines(stream: Readable, tell: (line: string) => void, abort: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let rest = '';
  const stop = () => {
    reject(abort.reason);
    stream.destroy();
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = (lines.pop() ?? '').slice(-LONGEST);
    for (const line of lines) if (line.trim() !== '') tell(line);
  });
  stream.once('error', reject);
  stream.once('close', () => {
    if (rest.trim() !== '') tell(rest);
    resolve();
  });
  abort.addEventListener('abort', stop, { once: true });
  if (abort.aborted) stop();
  return promise.finally(() => abort.removeEventListener('abort', stop));
}

/** A line without an end is not kept without one. */
const LONGEST = 256 * 1024;
