import { SMTPServer } from 'smtp-server';

/** One mail as it came in. */
export interface Mail {
  readonly messageId: string;
  readonly subject: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** A mail server on a free port of 127.0.0.1 that keeps what it gets. */
export interface Inbox {
  readonly port: number;
  readonly mails: readonly Mail[];
  close(): Promise<void>;
}

/** Opens an inbox without TLS and without accounts. */
export async function openInbox(): Promise<Inbox> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ messageId: header(text, 'Message-ID'), subject: header(text, 'Subject'), to, text });
        callback();
      });
    },
  });
  // A killed daemon leaves its connections open in the middle.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('the inbox has no port');
  return {
    port: address.port,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function header(text: string, name: string): string {
  const head = (text.split(/\r?\n\r?\n/, 1)[0] ?? '').replaceAll(/\r?\n[ \t]+/g, ' ');
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim() ?? '';
}
