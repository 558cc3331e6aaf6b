import type { TdsError } from './reply.ts';
import * as token from './tokens.ts';

/** What the server says about encryption: never, for who asks, or for everybody. */
export type Encryption = 'off' | 'on' | 'required';

/** What a LOGIN7 message asks for. */
export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** In bytes; 0 leaves it to the server. */
  readonly packetSize: number;
}

const ENCRYPT = { off: 0x00, on: 0x01, notSupported: 0x02, required: 0x03 } as const;
const ENCRYPTION = 0x01;
const TERMINATOR = 0xff;

/** The reply to PRELOGIN (MS-TDS 2.2.6.5), and whether TLS comes next. */
export function answerPrelogin(
  payload: Buffer,
  encryption: Encryption,
): { readonly reply: Buffer; readonly tls: boolean } {
  const { value, tls } = agreed(encryptionOf(payload), encryption);
  const version = Buffer.from([16, 0, 0x10, 0x2f, 0, 0]);
  const options = [
    { token: 0x00, data: version },
    { token: ENCRYPTION, data: Buffer.from([value]) },
    { token: 0x02, data: Buffer.from([0]) },
    { token: 0x03, data: Buffer.alloc(0) },
    { token: 0x04, data: Buffer.from([0]) },
  ];
  return { reply: optionsOf(options), tls };
}

/** The table of MS-TDS 2.2.6.5, without encryption of the login alone: a client that only could is let be. */
function agreed(asked: number, encryption: Encryption): { readonly value: number; readonly tls: boolean } {
  const wants = asked === ENCRYPT.on || asked === ENCRYPT.required;
  if (encryption === 'off') return { value: ENCRYPT.notSupported, tls: false };
  if (wants) return { value: ENCRYPT.on, tls: true };
  if (encryption === 'on') return { value: ENCRYPT.notSupported, tls: false };
  return { value: ENCRYPT.required, tls: asked === ENCRYPT.off };
}

function optionsOf(options: readonly { readonly token: number; readonly data: Buffer }[]): Buffer {
  let at = options.length * 5 + 1;
  const heads = options.map(({ token, data }) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(token, 0);
    head.writeUInt16BE(at, 1);
    head.writeUInt16BE(data.length, 3);
    at += data.length;
    return head;
  });
  return Buffer.concat([...heads, Buffer.from([TERMINATOR]), ...options.map(({ data }) => data)]);
}

function encryptionOf(payload: Buffer): number {
  for (let at = 0; payload.readUInt8(at) !== TERMINATOR; at += 5) {
    if (payload.readUInt8(at) === ENCRYPTION) return payload.readUInt8(payload.readUInt16BE(at + 1));
  }
  return ENCRYPT.notSupported;
}

/** Reads LOGIN7 (MS-TDS 2.2.6.4). Throws RangeError on one that is too short. */
export function readLogin(payload: Buffer): Login {
  const textAt = (place: number): Buffer => {
    const from = payload.readUInt16LE(place);
    return payload.subarray(from, from + payload.readUInt16LE(place + 2) * 2);
  };
  return {
    packetSize: payload.readUInt32LE(8),
    user: textAt(40).toString('utf16le'),
    password: Buffer.from(textAt(44).map(unscramble)).toString('utf16le'),
    database: textAt(68).toString('utf16le'),
  };
}

/** Each byte's halves were swapped, then it was XORed with A5. */
function unscramble(byte: number): number {
  const plain = byte ^ 0xa5;
  return ((plain << 4) | (plain >> 4)) & 0xff;
}

/** The reply to a login, and the session it opens unless it was refused. */
export function loginReply(
  login: Login,
  host: {
    readonly users: Readonly<Record<string, string>> | undefined;
    readonly databases: readonly string[] | undefined;
    readonly packetSize: number;
  },
): {
  readonly reply: Buffer;
  readonly accepted?: { readonly user: string; readonly database: string; readonly packetSize: number };
} {
  const failed = { number: 18_456, class: 14, message: `Login failed for user '${login.user}'.` };
  if (host.users !== undefined && host.users[login.user] !== login.password)
    return { reply: refusal([failed]) };
  const database = login.database === '' ? 'master' : login.database;
  if (database !== 'master' && host.databases?.includes(database) === false) {
    const message = `Cannot open database "${database}" requested by the login. The login failed.`;
    return { reply: refusal([{ number: 4060, class: 11, message }, failed]) };
  }
  const asked = login.packetSize === 0 ? 4_096 : login.packetSize;
  const packetSize = Math.min(Math.max(asked, 512), host.packetSize);
  const context = { number: 5701, state: 2, message: `Changed database context to '${database}'.` };
  const reply = Buffer.concat([
    token.databaseChanged(database, 'master'),
    token.info(context),
    token.collationChanged(),
    token.loginAck(),
    token.packetSizeChanged(packetSize, 4_096),
    token.done('done', 0),
  ]);
  return { reply, accepted: { user: login.user, database, packetSize } };
}

function refusal(errors: readonly TdsError[]): Buffer {
  return Buffer.concat([...errors.map(token.error), token.done('done', token.DONE.error)]);
}
