import { type Answer, readAs } from './calls.ts';
import { unexpected } from './failure.ts';
import { file } from './schema.ts';

/** A file that was fetched, as bytes. */
export function fileOf({ data }: Answer): Buffer {
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  throw unexpected('GitHub answered with something else than the file');
}

/** A log, as text without the mark that GitHub begins it with. */
export function textOf(answer: Answer): string {
  return fileOf(answer)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}

/** What a file in the repository says; undefined for a directory. */
export function contentOf(answer: Answer): string | undefined {
  if (Array.isArray(answer.data)) return undefined;
  const { type, encoding, content } = readAs(answer, file);
  if (type !== 'file') return undefined;
  if (encoding === 'base64') return Buffer.from(content, 'base64').toString('utf8');
  throw unexpected('the file is larger than GitHub shows it');
}
