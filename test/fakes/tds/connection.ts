import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Certificate } from './certificate.ts';
import { answerPrelogin, type Encryption, loginReply, readLogin } from './login.ts';
import { MESSAGE, type Message, messageReader, packetsOf } from './packet.ts';
import { acknowledgeCancel, type QueryHost, type Session, serveRequest } from './session.ts';
import { startTls } from './tls.ts';

/** What the connections of one server have in common. */
export interface ConnectionHost extends QueryHost {
  readonly encryption: Encryption;
  readonly certificate: Certificate;
  readonly users: Readonly<Record<string, string>> | undefined;
  readonly packetSize: number;
}

/** Serves one connection until it ends: PRELOGIN, TLS where agreed, LOGIN7, then requests one after another. */
export function serveConnection(socket: Socket, host: ConnectionHost): void {
  let size = 4_096;
  let output: Duplex = socket;
  let session: Session | undefined;
  // What cannot be read is answered as SQL Server does it: the connection ends.
  const reader = messageReader((message) => void onMessage(message).catch(() => socket.destroy()));
  let feed = reader.feed;

  const hear = (from: Duplex, take: (chunk: Buffer) => void): void => {
    from.on('data', (chunk: Buffer) => {
      try {
        take(chunk);
      } catch {
        socket.destroy();
      }
    });
  };
  const send = (payload: Buffer): void => {
    if (!socket.destroyed) output.write(packetsOf(MESSAGE.reply, payload, size));
  };
  const onPrelogin = ({ payload }: Message): void => {
    const { reply, tls } = answerPrelogin(payload, host.encryption);
    send(reply);
    if (!tls) return;
    const end = startTls(socket, host.certificate);
    hear(end.clear, reader.feed);
    [output, feed] = [end.clear, end.feed];
  };
  const onLogin = ({ payload }: Message): void => {
    if (host.encryption === 'required' && output === socket) return void socket.destroy();
    const { reply, accepted } = loginReply(readLogin(payload), host);
    send(reply);
    if (accepted === undefined) return void output.end();
    host.told('login');
    size = accepted.packetSize;
    session = { ...accepted, own: accepted.database, started: false, deaf: false, running: undefined };
  };
  const wire = {
    send,
    cut: () => void socket.destroy(),
    cutMidway(payload: Buffer): void {
      const packets = packetsOf(MESSAGE.reply, payload, size);
      const half = packets.subarray(0, Math.ceil(packets.length / 2));
      output.write(half, () => setImmediate(() => socket.destroySoon()));
    },
    end: () => void output.end(),
  };
  const onMessage = async (message: Message): Promise<void> => {
    if (message.type === MESSAGE.prelogin) return onPrelogin(message);
    if (message.type === MESSAGE.login) return onLogin(message);
    if (session === undefined) return wire.cut();
    if (message.type === MESSAGE.attention) return acknowledgeCancel(session, wire, host);
    await serveRequest(session, message, { wire, host });
  };
  hear(socket, (chunk) => feed(chunk));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => session?.running?.abort());
}
