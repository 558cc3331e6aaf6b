import { crc32, inflateRawSync } from 'node:zlib';
import { unexpected } from './failure.ts';

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const MOST_ENTRIES = 2_000;
const LONGEST_COMMENT = 65_535;

/** What of an archive is wanted. */
export interface Wanted {
  /** By the last part of a path: `run_results.json`. */
  readonly names: ReadonlySet<string>;
  /** Of all that is wanted, unpacked; an archive that holds more is refused, and no more than that is ever unpacked. */
  readonly mostBytes: number;
}

/**
 * Wanted files of a zip archive, by their paths in it. Nothing is written anywhere, so that paths cannot lead astray.
 * Throws OutsideError where it is no whole archive, is encrypted, or would unpack to more than was agreed.
 */
export function unzip(archive: Buffer, { names, mostBytes }: Wanted): ReadonlyMap<string, Buffer> {
  try {
    const found = new Map<string, Buffer>();
    let left = mostBytes;
    for (const entry of entriesOf(archive)) {
      if (!names.has(entry.path.split(/[/\\]/).at(-1) ?? '')) continue;
      const content = contentOf(archive, entry, left);
      left -= content.length;
      found.set(entry.path, content);
    }
    return found;
  } catch (error) {
    if (error instanceof RangeError) throw unexpected('the artifact is no whole zip archive', error);
    throw error;
  }
}

interface Entry {
  readonly path: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

function* entriesOf(archive: Buffer): Generator<Entry> {
  const end = endOf(archive);
  const count = archive.readUInt16LE(end + 10);
  if (count > MOST_ENTRIES) throw unexpected(`the artifact has ${count} files, which is too many`);
  let at = archive.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    if (archive.readUInt32LE(at) !== ENTRY) throw unexpected('the artifact is no whole zip archive');
    const [name, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    if ((archive.readUInt16LE(at + 8) & 1) === 1) throw unexpected('the artifact is encrypted');
    const from = at + 46;
    yield {
      path: archive.toString('utf8', from, from + (name ?? 0)),
      method: archive.readUInt16LE(at + 10),
      crc: archive.readUInt32LE(at + 16),
      packed: archive.readUInt32LE(at + 20),
      size: archive.readUInt32LE(at + 24),
      at: archive.readUInt32LE(at + 42),
    };
    at = from + (name ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
}

function endOf(archive: Buffer): number {
  const first = Math.max(0, archive.length - 22 - LONGEST_COMMENT);
  for (let at = archive.length - 22; at >= first; at -= 1) {
    if (archive.readUInt32LE(at) === END) return at;
  }
  throw unexpected('the artifact is no whole zip archive');
}

/** What an entry says of its own size is not believed: unpacking ends where the room does. */
function contentOf(archive: Buffer, { at, method, crc, packed, size, path }: Entry, room: number): Buffer {
  if (size > room) throw unexpected(`${path} in the artifact is larger than ${room} bytes`);
  if (archive.readUInt32LE(at) !== LOCAL) throw unexpected('the artifact is no whole zip archive');
  const from = at + 30 + archive.readUInt16LE(at + 26) + archive.readUInt16LE(at + 28);
  const bytes = archive.subarray(from, from + packed);
  const content = method === 0 ? bytes : inflated(bytes, { method, path, room });
  if (content.length !== size || crc32(content) !== crc)
    throw unexpected(`${path} in the artifact is damaged`);
  return content;
}

interface Unpacking {
  readonly method: number;
  readonly path: string;
  readonly room: number;
}

function inflated(bytes: Buffer, { method, path, room }: Unpacking): Buffer {
  if (method !== 8)
    throw unexpected(`${path} in the artifact is packed in a way that is not read (${method})`);
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(1, room) });
  } catch (error) {
    throw unexpected(`${path} in the artifact is damaged or larger than ${room} bytes`, error);
  }
}
