import { spawn } from 'node:child_process';
import { createServer, type Socket } from 'node:net';

/** A git server of our own, which says when it is called and for which repository. */
export interface GitStandIn {
  /** `git://127.0.0.1:PORT` */
  readonly url: string;
  /** When this repository is called next, `performance.now()`; it is never answered again. */
  nextCall(repository: string): Promise<number>;
  close(): Promise<void>;
}

/** Serves the repositories of a directory by `git daemon`, one process for each call. */
export async function serveGit(directory: string): Promise<GitStandIn> {
  const awaited = new Map<string, (at: number) => void>();
  const silent = new Set<string>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const at = performance.now();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    readRequest(socket, (request, repository) => {
      awaited.get(repository)?.(at);
      awaited.delete(repository);
      if (!silent.has(repository)) answer(socket, request, directory);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given');
  return {
    url: `git://127.0.0.1:${address.port}`,
    nextCall: (repository) =>
      new Promise((resolve) => {
        awaited.set(repository, resolve);
        silent.add(repository);
      }),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The first line of git's protocol: four hex digits of its length, `git-upload-pack /NAME`, and what else there is. */
function readRequest(socket: Socket, take: (request: Buffer, repository: string) => void): void {
  let read = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    read = Buffer.concat([read, chunk]);
    const length = Number.parseInt(read.toString('latin1', 0, 4), 16);
    if (read.length < 4 || read.length < length) return;
    socket.off('data', onData);
    take(read, /^....git-[a-z-]+ \/([^\0]+)\0/.exec(read.toString('latin1'))?.[1] ?? '');
  };
  socket.on('data', onData);
}

function answer(socket: Socket, request: Buffer, directory: string): void {
  const argv = [
    'daemon',
    '--inetd',
    '--export-all',
    '--enable=receive-pack',
    `--base-path=${directory}`,
    directory,
  ];
  const git = spawn('git', argv, { stdio: ['pipe', 'pipe', 'ignore'] });
  git.stdin.on('error', () => undefined);
  git.stdin.write(request);
  socket.pipe(git.stdin);
  git.stdout.pipe(socket);
  socket.on('close', () => git.stdin.end());
}
