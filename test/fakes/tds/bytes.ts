/** Reads the little-endian fields of a TDS message one after another. Throws RangeError past the end. */
export interface ByteReader {
  left(): number;
  uint8(): number;
  uint16(): number;
  uint32(): number;
  int(size: number): bigint;
  uint(size: number): bigint;
  double(size: 4 | 8): number;
  bytes(count: number): Buffer;
  /** UCS-2 text of so many characters. */
  text(characters: number): string;
}

/** A reader over a buffer, from an offset on. */
export function readBytes(buffer: Buffer, from = 0): ByteReader {
  let at = from;
  const take = (count: number): Buffer => {
    if (at + count > buffer.length) throw new RangeError(`${count} bytes wanted, ${buffer.length - at} left`);
    at += count;
    return buffer.subarray(at - count, at);
  };
  const uint = (size: number): bigint =>
    take(size).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return {
    left: () => buffer.length - at,
    uint8: () => take(1).readUInt8(),
    uint16: () => take(2).readUInt16LE(),
    uint32: () => take(4).readUInt32LE(),
    uint,
    int: (size) => BigInt.asIntN(size * 8, uint(size)),
    double: (size) => (size === 4 ? take(4).readFloatLE() : take(8).readDoubleLE()),
    bytes: take,
    text: (characters) => take(characters * 2).toString('utf16le'),
  };
}

/** A little-endian number of so many bytes, 1 to 16; negative numbers as two's complement. */
export function number(value: number | bigint, size: number): Buffer {
  let rest = BigInt.asUintN(size * 8, BigInt(value));
  const buffer = Buffer.alloc(size);
  for (let at = 0; at < size; at++) {
    buffer[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return buffer;
}

/** UCS-2 text after its length in characters, which takes 1 byte (B_VARCHAR) or 2 (US_VARCHAR). */
export function varchar(text: string, lengthSize: 1 | 2): Buffer {
  const cut = text.slice(0, lengthSize === 1 ? 255 : 65_535);
  return Buffer.concat([number(cut.length, lengthSize), Buffer.from(cut, 'utf16le')]);
}
