/** The types of message that are used here (MS-TDS 2.2.3.1.1). */
export const MESSAGE = {
  batch: 0x01,
  rpc: 0x03,
  reply: 0x04,
  attention: 0x06,
  transaction: 0x0e,
  login: 0x10,
  prelogin: 0x12,
} as const;

const TYPES: readonly number[] = Object.values(MESSAGE);
const HEADER = 8;
const LAST = 0x01;
const IGNORE = 0x02;
const RESET = 0x08;

/** A whole message of a client, put together from its packets. */
export interface Message {
  readonly type: number;
  readonly payload: Buffer;
  /** The client wants the session as it was after its login before this is run (sp_reset_connection). */
  readonly reset: boolean;
  /** The client cancelled while it was sending: the message is not to be run. */
  readonly ignored: boolean;
}

export interface MessageReader {
  /** Throws RangeError on a header that cannot be. */
  feed(chunk: Buffer): void;
  /** Whether no message is half read. */
  idle(): boolean;
}

/** Takes bytes as they come and hands on each whole message. */
export function messageReader(onMessage: (message: Message) => void): MessageReader {
  let waiting = Buffer.alloc(0);
  let payloads: Buffer[] = [];
  const feed = (chunk: Buffer): void => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= HEADER) {
      const length = waiting.readUInt16BE(2);
      const type = waiting.readUInt8(0);
      if (length < HEADER || !TYPES.includes(type))
        throw new RangeError(`a packet of type ${type} with ${length} bytes`);
      if (waiting.length < length) return;
      const packet = waiting.subarray(0, length);
      waiting = waiting.subarray(length);
      payloads.push(packet.subarray(HEADER));
      const status = packet.readUInt8(1);
      if ((status & LAST) === 0) continue;
      const payload = Buffer.concat(payloads);
      payloads = [];
      const [reset, ignored] = [(status & RESET) !== 0, (status & IGNORE) !== 0];
      onMessage({ type, payload, reset, ignored });
    }
  };
  return { feed, idle: () => waiting.length === 0 && payloads.length === 0 };
}

/** The packets of one message, none longer than `size` bytes with its header. */
export function packetsOf(type: number, payload: Buffer, size: number): Buffer {
  const room = size - HEADER;
  const count = Math.max(1, Math.ceil(payload.length / room));
  const packets = Array.from({ length: count }, (_, index) => {
    const part = payload.subarray(index * room, (index + 1) * room);
    const header = Buffer.alloc(HEADER);
    header.writeUInt8(type, 0);
    header.writeUInt8(index === count - 1 ? LAST : 0, 1);
    header.writeUInt16BE(part.length + HEADER, 2);
    header.writeUInt16BE(51, 4);
    header.writeUInt8((index + 1) % 256, 6);
    return Buffer.concat([header, part]);
  });
  return Buffer.concat(packets);
}
