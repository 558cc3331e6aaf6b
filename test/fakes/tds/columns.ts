import { number } from './bytes.ts';
import { datetimeBytes, momentOf, timeBytes, timeSize } from './moment.ts';
import type { TdsType } from './reply.ts';

/** How a column is described and how a value that is not null is written (MS-TDS 2.2.5.4 to 2.2.5.6). */
export interface ColumnCodec {
  readonly typeInfo: Buffer;
  /** Throws TypeError on a value that the type cannot hold. */
  write(value: unknown): Buffer;
}

/** SQL_Latin1_General_CP1_CI_AS, the collation of every text here. */
export const COLLATION = Buffer.from('0904d00034', 'hex');
const PLAIN_SIZES: Readonly<Record<string, number>> = { tinyint: 1, smallint: 2, int: 4, bigint: 8 };
const CHUNK = 8_000;

/** The codec of a type as it is written in SQL. Throws TypeError where it is not known. */
export function codecOf(type: TdsType): ColumnCodec {
  const [, name = '', first, second] = /^(\w+)(?:\((\w+)(?:,(\d+))?\))?$/.exec(type) ?? [];
  const size = PLAIN_SIZES[name];
  if (size !== undefined) return sized(0x26, size, (value) => integer(value, size));
  switch (name) {
    case 'bit':
      return sized(0x68, 1, (value) => number(value === true || value === 1 ? 1 : 0, 1));
    case 'float':
      return sized(0x6d, 8, double);
    case 'decimal':
      return decimal(Number(first ?? 18), Number(second ?? (first === undefined ? 4 : 0)));
    case 'uniqueidentifier':
      return sized(0x24, 16, guid);
    case 'datetime':
      return sized(0x6f, 8, (value) => datetimeBytes(momentOf(value)));
    case 'nvarchar':
      return text(0xe7, first === undefined ? 8_000 : Number(first) * 2, (value) =>
        Buffer.from(value, 'utf16le'),
      );
    case 'varchar':
      return text(0xa7, Number(first ?? 8_000), latin);
    case 'varbinary':
      return binary(Number(first));
    default:
      return dated(name, Number(first ?? 7));
  }
}

/** Types whose length of one byte stands before the value. */
function sized(token: number, size: number, write: (value: unknown) => Buffer): ColumnCodec {
  return { typeInfo: Buffer.from([token, size]), write: (value) => prefixed(write(value)) };
}

function prefixed(bytes: Buffer): Buffer {
  return Buffer.concat([number(bytes.length, 1), bytes]);
}

function dated(name: string, scale: number): ColumnCodec {
  const [token, rest] = { date: [0x28, 0], datetime2: [0x2a, 1], datetimeoffset: [0x2b, 2] }[name] ?? [];
  if (token === undefined) throw new TypeError(`no such column type: ${name}`);
  return {
    typeInfo: rest === 0 ? Buffer.from([token]) : Buffer.from([token, scale]),
    write(value) {
      const { days, ticks, offset } = momentOf(value);
      const time = rest === 0 ? Buffer.alloc(0) : timeBytes(ticks, scale).subarray(0, timeSize(scale));
      return prefixed(
        Buffer.concat([time, number(days, 3), rest === 2 ? number(offset, 2) : Buffer.alloc(0)]),
      );
    },
  };
}

function decimal(precision: number, scale: number): ColumnCodec {
  const size = precision <= 9 ? 4 : precision <= 19 ? 8 : precision <= 28 ? 12 : 16;
  return {
    typeInfo: Buffer.from([0x6a, size + 1, precision, scale]),
    write(value) {
      const [, minus, whole = '', part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(value)) ?? [];
      if (whole === '' || part.length > scale)
        throw new TypeError(`not a decimal(${precision},${scale}): ${value}`);
      const digits = BigInt(whole + part.padEnd(scale, '0'));
      return prefixed(Buffer.concat([number(minus === '-' ? 0 : 1, 1), number(digits, size)]));
    },
  };
}

function text(token: number, limit: number, encode: (text: string) => Buffer): ColumnCodec {
  const whole = Number.isNaN(limit);
  return {
    typeInfo: Buffer.concat([Buffer.from([token]), number(whole ? 0xffff : limit, 2), COLLATION]),
    write(value) {
      if (typeof value !== 'string') throw new TypeError(`not a text: ${String(value)}`);
      const bytes = encode(value);
      if (whole) return inChunks(bytes);
      if (bytes.length > limit) throw new TypeError(`${bytes.length} bytes of text for a column of ${limit}`);
      return Buffer.concat([number(bytes.length, 2), bytes]);
    },
  };
}

function binary(limit: number): ColumnCodec {
  const whole = Number.isNaN(limit);
  return {
    typeInfo: Buffer.concat([Buffer.from([0xa5]), number(whole ? 0xffff : limit, 2)]),
    write(value) {
      if (!(value instanceof Uint8Array)) throw new TypeError(`not bytes: ${String(value)}`);
      return whole ? inChunks(Buffer.from(value)) : Buffer.concat([number(value.length, 2), value]);
    },
  };
}

/** The partially length-prefixed form of the `max` types (MS-TDS 2.2.5.2.3). */
function inChunks(bytes: Buffer): Buffer {
  const chunks = Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, index) => {
    const chunk = bytes.subarray(index * CHUNK, (index + 1) * CHUNK);
    return Buffer.concat([number(chunk.length, 4), chunk]);
  });
  return Buffer.concat([number(bytes.length, 8), ...chunks, number(0, 4)]);
}

function integer(value: unknown, size: number): Buffer {
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string')
    throw new TypeError(`not an integer: ${String(value)}`);
  return number(BigInt(value), size);
}

function double(value: unknown): Buffer {
  if (typeof value !== 'number') throw new TypeError(`not a float: ${String(value)}`);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function latin(value: string): Buffer {
  if (/[^\0-\xff]/.test(value)) throw new TypeError(`varchar has no such characters: ${value}`);
  return Buffer.from(value, 'latin1');
}

/** The first three groups are little-endian. */
function guid(value: unknown): Buffer {
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(String(value)))
    throw new TypeError(`not a uniqueidentifier: ${String(value)}`);
  const bytes = Buffer.from(String(value).replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
