import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface MailServer {
  readonly port: number;
  /** The mails that were taken, parsed. */
  settled(): Promise<readonly ParsedMail[]>;
  close(): Promise<void>;
}

/** A real SMTP server on this machine. It refuses the mailbox `gone@example.com` for good. */
export async function mailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: Promise<ParsedMail>[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 500,
    onRcptTo({ address }, _session, callback) {
      if (address !== 'gone@example.com') return callback();
      callback(Object.assign(new Error('5.1.1 no such mailbox'), { responseCode: 550 }));
    },
    onData(stream, _session, callback) {
      const parsed = simpleParser(stream);
      mails.push(parsed);
      parsed.then(() => callback(), callback);
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    settled: () => Promise.all(mails),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
