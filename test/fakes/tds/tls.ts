import type { Socket } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Certificate } from './certificate.ts';
import { MESSAGE, messageReader, packetsOf } from './packet.ts';

/** The server's end of TLS over a socket whose bytes are handed in, and what it says in the clear. */
export interface TlsEnd {
  /** Bytes from the socket: the handshake inside packets of type PRELOGIN, bare TLS records after it. */
  feed(chunk: Buffer): void;
  readonly clear: Duplex;
}

/**
 * TLS as MS-TDS 3.2.5.2 wants it: while the handshake lasts its records travel inside PRELOGIN packets, one message a
 * flight, and nothing is wrapped from the client's first bare record on.
 */
export function startTls(socket: Socket, certificate: Certificate): TlsEnd {
  const [near, far] = duplexPair();
  // As SQL Server with TDS 7: in TLS 1.3 records follow the handshake, and a client would not know whether in packets.
  const clear = new TLSSocket(near, {
    isServer: true,
    secureContext: createSecureContext({ ...certificate, maxVersion: 'TLSv1.2' }),
  });
  let wrapped = true;
  let flight: Buffer[] = [];
  const sendFlight = (): void => {
    const payload = Buffer.concat(flight);
    flight = [];
    if (payload.length > 0 && !socket.destroyed) socket.write(packetsOf(MESSAGE.prelogin, payload, 4096));
  };
  far.on('data', (records: Buffer) => {
    if (socket.destroyed) return;
    if (!wrapped) return void socket.write(records);
    flight.push(records);
    if (flight.length === 1) setImmediate(sendFlight);
  });
  // A client that does not trust the certificate says so in an alert, or just leaves.
  clear.on('error', () => socket.destroy());
  far.on('error', () => socket.destroy());
  socket.on('close', () => clear.destroy());
  const unwrap = messageReader(({ payload }) => far.write(payload));
  return {
    clear,
    feed(chunk) {
      if (unwrap.idle() && chunk[0] !== MESSAGE.prelogin) wrapped = false;
      if (wrapped) unwrap.feed(chunk);
      else far.write(chunk);
    },
  };
}
