import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

/** One mail as it was taken. */
export interface Mail {
  readonly file: string;
  readonly messageId: string;
  /** Addresses of the envelope. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly at: number;
}

/** A mail server on this machine alone, which keeps what it is given. */
export interface Inbox {
  readonly port: number;
  readonly mails: () => readonly Mail[];
  close(): Promise<void>;
}

/** Opens the inbox on a free port of 127.0.0.1; every mail becomes an .eml file in the directory. */
export async function openInbox(directory: string): Promise<Inbox> {
  await mkdir(directory, { recursive: true });
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 1_000,
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', callback);
      stream.on('end', () => {
        const text = Buffer.concat(chunks);
        const file = join(directory, `${String(mails.length + 1).padStart(2, '0')}.eml`);
        mails.push(mailOf(file, text, session));
        writeFile(file, text).then(() => callback(), callback);
      });
    },
  });
  // A connection that breaks is the sender's to try again.
  server.on('error', () => undefined);
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', () => listening.resolve());
  await listening.promise;
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('The inbox has no port');
  return {
    port: address.port,
    mails: () => mails,
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}

function mailOf(file: string, text: Buffer, session: SMTPServerSession): Mail {
  const [head = ''] = text.toString('utf8').split(/\r?\n\r?\n/, 1);
  const headers = head.replaceAll(/\r?\n[ \t]+/g, ' ');
  const header = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(headers)?.[1]?.trim() ?? '';
  return {
    file,
    messageId: header('Message-ID'),
    to: session.envelope.rcptTo.map(({ address }) => address),
    subject: header('Subject'),
    at: Date.now(),
  };
}
