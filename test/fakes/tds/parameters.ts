import { type ByteReader, readBytes } from './bytes.ts';
import { dateOf, dateOfDatetime, ticksOf } from './moment.ts';

/** One parameter of a remote procedure call: its name without `@`, its type as in SQL, its value. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly value: unknown;
}

interface Decoded {
  readonly type: string;
  readonly value: unknown;
}

const PLP_NULL = 0xffff_ffff_ffff_ffffn;

/** Reads the parameters up to the end of the message (MS-TDS 2.2.6.6, ParameterData). Throws on a type not known here. */
export function readParameters(reader: ByteReader): readonly Parameter[] {
  const parameters: Parameter[] = [];
  while (reader.left() > 0) {
    const name = reader.text(reader.uint8()).replace(/^@/, '');
    reader.uint8();
    parameters.push({ name, ...readTyped(reader) });
  }
  return parameters;
}

function readTyped(reader: ByteReader): Decoded {
  const token = reader.uint8();
  switch (token) {
    case 0x1f:
      return { type: 'null', value: null };
    case 0x26:
      return integer(reader);
    case 0x68:
      return short(
        reader,
        () => 'bit',
        (value) => value.uint8() === 1,
      );
    case 0x6d:
      return short(
        reader,
        (size) => (size === 4 ? 'real' : 'float'),
        (value) => value.double(value.left() === 4 ? 4 : 8),
      );
    case 0x24:
      return short(reader, () => 'uniqueidentifier', guid);
    case 0x6f:
      return short(
        reader,
        () => 'datetime',
        (value) => dateOfDatetime(Number(value.int(4)), value.uint32()),
      );
    case 0x6a:
    case 0x6c:
      return decimal(reader);
    case 0x28:
    case 0x2a:
    case 0x2b:
      return dated(reader, token);
    case 0xa5:
    case 0xa7:
    case 0xe7:
    case 0xef:
      return long(reader, token);
    default:
      throw new TypeError(`a parameter of type 0x${token.toString(16)}`);
  }
}

/** A type with its size, then a value with its length in one byte; 0 is null. */
function short(
  reader: ByteReader,
  typeOf: (size: number) => string,
  read: (value: ByteReader) => unknown,
): Decoded {
  const type = typeOf(reader.uint8());
  return { type, value: nullable(reader, read) };
}

function nullable(reader: ByteReader, read: (value: ByteReader) => unknown): unknown {
  const length = reader.uint8();
  return length === 0 ? null : read(readBytes(reader.bytes(length)));
}

function integer(reader: ByteReader): Decoded {
  const names: Readonly<Record<number, string>> = { 1: 'tinyint', 2: 'smallint', 4: 'int', 8: 'bigint' };
  return short(
    reader,
    (size) => names[size] ?? 'int',
    (value) => {
      const size = value.left();
      if (size === 8) return value.int(8);
      return Number(size === 1 ? value.uint(1) : value.int(size));
    },
  );
}

function decimal(reader: ByteReader): Decoded {
  reader.uint8();
  const [precision, scale] = [reader.uint8(), reader.uint8()];
  const value = nullable(reader, (bytes) => {
    const sign = bytes.uint8() === 0 ? '-' : '';
    const digits = bytes
      .uint(bytes.left())
      .toString()
      .padStart(scale + 1, '0');
    if (scale === 0) return `${sign}${digits}`;
    return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  });
  return { type: `decimal(${precision},${scale})`, value };
}

function dated(reader: ByteReader, token: number): Decoded {
  if (token === 0x28) {
    return { type: 'date', value: nullable(reader, (bytes) => dateOf(Number(bytes.uint(3)), 0n)) };
  }
  const scale = reader.uint8();
  const after = token === 0x2b ? 5 : 3;
  // The offset at the end of a datetimeoffset is only for showing: the instant is in UTC.
  const value = nullable(reader, (bytes) => {
    const ticks = ticksOf(bytes.uint(bytes.left() - after), scale);
    return dateOf(Number(bytes.uint(3)), ticks);
  });
  return { type: `${token === 0x2b ? 'datetimeoffset' : 'datetime2'}(${scale})`, value };
}

function long(reader: ByteReader, token: number): Decoded {
  const limit = reader.uint16();
  if (token !== 0xa5) reader.bytes(5);
  const wide = token === 0xe7 || token === 0xef;
  const name = { 165: 'varbinary', 167: 'varchar', 231: 'nvarchar', 239: 'nchar' }[token] ?? '';
  const bytes = limit === 0xffff ? chunks(reader) : counted(reader);
  const size = limit === 0xffff ? 'max' : wide ? limit / 2 : limit;
  const value = bytes === null || token === 0xa5 ? bytes : bytes.toString(wide ? 'utf16le' : 'latin1');
  return { type: `${name}(${size})`, value };
}

function counted(reader: ByteReader): Buffer | null {
  const length = reader.uint16();
  return length === 0xffff ? null : reader.bytes(length);
}

function chunks(reader: ByteReader): Buffer | null {
  if (reader.uint(8) === PLP_NULL) return null;
  const parts: Buffer[] = [];
  for (let length = reader.uint32(); length > 0; length = reader.uint32()) parts.push(reader.bytes(length));
  return Buffer.concat(parts);
}

function guid(value: ByteReader): string {
  const groups = [4, 2, 2].map((size) => Buffer.from(value.bytes(size)).reverse().toString('hex'));
  return [...groups, value.bytes(2).toString('hex'), value.bytes(6).toString('hex')].join('-').toUpperCase();
}
