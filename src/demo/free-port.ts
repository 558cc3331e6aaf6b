import { createServer } from 'node:net';

/** The port people expect where it is free on 127.0.0.1, else any that is. */
export async function freePort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const found = address === null || typeof address === 'string' ? undefined : address.port;
      server.close(() => resolve(found));
    });
  });
}
