import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Credentials } from '../../src/adapters/git/index.ts';
import {
  createClone,
  createRepository,
  createRevert,
  createRevertPreflight,
  sshCommand,
} from '../../src/adapters/git/index.ts';
import { Secret } from '../../src/core/secret.ts';
import { commitOf, contextOf, doRevert, never, PATHS, revertInput } from '../adapters/git/story.ts';
import { removeDirectory } from '../fakes/directory.ts';
import type { GitSandbox } from '../fakes/git-sandbox.ts';
import { gitSandbox, SANDBOX_ENV } from '../fakes/git-sandbox.ts';

function daemonAt(sandbox: GitSandbox, remote: string, credentials?: Credentials) {
  const stateDirectory = mkdtempSync(join(sandbox.root, 'state-'));
  const clone = createClone({
    remote,
    stateDirectory,
    env: SANDBOX_ENV,
    ...(credentials === undefined ? {} : { credentials }),
  });
  const identity = { name: 'rollbackd', email: 'rollbackd@example.com' };
  return {
    clone,
    repository: createRepository({ clone, branch: 'main', paths: PATHS }),
    revert: createRevert({ clone, paths: PATHS, identity }),
    preflight: createRevertPreflight({ clone, branch: 'main', paths: PATHS }),
  };
}

describe('git over ssh', () => {
  let sandbox: GitSandbox;
  let folder: string;
  let sshd: ChildProcess;
  let remote: string;

  beforeAll(async () => {
    if (!existsSync('/usr/sbin/sshd'))
      execFileSync('apt-get', ['install', '-y', 'openssh-server'], { stdio: 'ignore' });
    mkdirSync('/run/sshd', { recursive: true });
    sandbox = gitSandbox();
    folder = mkdtempSync(join(tmpdir(), 'rollbackd-sshd-'));
    for (const name of ['host', 'deploy', 'stranger']) keyPair(join(folder, name));
    const port = await freePort();
    const command = 'restrict,command="git-shell -c \\"$SSH_ORIGINAL_COMMAND\\""';
    writeFileSync(
      join(folder, 'authorized'),
      `${command} ${readFileSync(join(folder, 'deploy.pub'), 'utf8')}`,
    );
    writeFileSync(
      join(folder, 'known_hosts'),
      `[127.0.0.1]:${port} ${readFileSync(join(folder, 'host.pub'), 'utf8')}`,
    );
    writeFileSync(
      join(folder, 'sshd_config'),
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${folder}/host`,
        `PidFile ${folder}/pid`,
        `AuthorizedKeysFile ${folder}/authorized`,
        'UsePAM no',
        'StrictModes no',
        'PasswordAuthentication no',
      ].join('\n'),
    );
    sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      sshd.stderr?.on('data', (chunk: Buffer) => chunk.toString().includes('listening') && resolve());
      sshd.once('exit', (code) => reject(new Error(`sshd ended with ${code}`)));
    });
    remote = `ssh://${userInfo().username}@127.0.0.1:${port}${sandbox.remote}`;
  });
  afterAll(() => {
    sshd.kill();
    sandbox.cleanUp();
    removeDirectory(folder);
  });

  const offering = (key: string, knownHosts = 'known_hosts'): Credentials => ({
    is: 'ssh',
    command: sshCommand({ key: join(folder, key), knownHosts: join(folder, knownHosts) }),
  });

  it('a revert is pushed with the deploy key, after a dry push said that it may be', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const daemon = daemonAt(sandbox, remote, offering('deploy'));
    expect(await daemon.preflight.check(b, a, never)).toEqual({
      problems: [],
      warnings: [],
      needsApproval: [],
    });
    const r = commitOf(await doRevert(daemon, await revertInput(daemon, b, a)));
    expect(sandbox.git('rev-parse', 'main')).toBe(r);
    expect(sandbox.show(r, 'dbt/a.sql')).toBe('1');
  });

  it('a revert is signed with the configured key', async () => {
    sandbox.author.git('pull', '--quiet');
    const a = sandbox.commit({ 'dbt/a.sql': '3' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '4' }, 'b');
    const daemon = daemonAt(sandbox, remote, offering('deploy'));
    const revert = createRevert({
      clone: daemon.clone,
      paths: PATHS,
      identity: { name: 'rollbackd', email: 'rollbackd@example.com' },
      signing: { format: 'ssh', key: join(folder, 'deploy') },
    });
    const r = commitOf(await doRevert({ ...daemon, revert }, await revertInput(daemon, b, a)));
    const signers = join(folder, 'signers');
    writeFileSync(signers, `rollbackd@example.com ${readFileSync(join(folder, 'deploy.pub'), 'utf8')}`);
    expect(
      sandbox.git('-c', `gpg.ssh.allowedSignersFile=${signers}`, 'log', '-1', '--format=%G? %GS', r),
    ).toBe('G rollbackd@example.com');
  });

  it('a wrong key is an auth failure that is not tried again', async () => {
    const { repository } = daemonAt(sandbox, remote, offering('stranger'));
    const failure = repository.head(never);
    await expect(failure).rejects.toMatchObject({ system: 'git', reason: 'auth', retry: 'no' });
    await expect(failure).rejects.toThrow(/Permission denied \(publickey/);
  });

  it('an unknown host is not trusted', async () => {
    const { repository } = daemonAt(sandbox, remote, offering('deploy', 'nobody_known'));
    await expect(repository.head(never)).rejects.toMatchObject({ reason: 'auth' });
  });
});

describe('git over http', () => {
  const token = 'ghs_s3cretTokenOfThisTest';
  let sandbox: GitSandbox;
  let server: Server;
  let origin: string;
  let mayPush = true;

  beforeAll(async () => {
    sandbox = gitSandbox();
    sandbox.git('config', 'http.receivepack', 'true');
    server = createServer((request, response) => {
      const expected = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
      if (request.headers.authorization !== expected) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      } else if (!mayPush && request.url?.includes('git-receive-pack')) {
        response.writeHead(403).end();
      } else serveGit(sandbox.root, request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterAll(() => {
    server.close();
    sandbox.cleanUp();
  });

  it('a revert is pushed with a token, which stands nowhere on disk', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const daemon = daemonAt(sandbox, `${origin}/remote.git`, { is: 'token', token: new Secret(token) });
    expect((await daemon.preflight.check(b, a, never)).problems).toEqual([]);
    const r = commitOf(await doRevert(daemon, await revertInput(daemon, b, a)));
    expect(sandbox.git('rev-parse', 'main')).toBe(r);
    const found = () => execFileSync('grep', ['-r', '-l', token, daemon.clone.directory], { stdio: 'pipe' });
    expect(found).toThrow();
  });

  it('a token in the address works too, and is taken out of it', async () => {
    const remote = `${origin.replace('://', `://x-access-token:${token}@`)}/remote.git`;
    const { clone, repository } = daemonAt(sandbox, remote);
    expect((await repository.head(never)).commit).toBe(sandbox.git('rev-parse', 'main'));
    expect(clone.remote).toBe(`${origin}/remote.git`);
    expect(readFileSync(join(clone.directory, 'config'), 'utf8')).not.toContain(token);
  });

  it.each([
    ['a wrong token', { is: 'token', token: new Secret('ghs_wrong') }],
    ['no token', { is: 'none' }],
  ] as const)('%s is an auth failure that names no token', async (_, credentials) => {
    const { repository } = daemonAt(sandbox, `${origin}/remote.git`, credentials);
    const thrown: unknown = await repository.head(never).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ system: 'git', reason: 'auth', retry: 'no' });
    expect(String(thrown)).not.toContain('ghs_');
  });

  it('a token that may only read fails the step with the remote’s words, and preflight says so before', async () => {
    const a = sandbox.git('rev-parse', 'main');
    sandbox.author.git('pull', '--quiet');
    const b = sandbox.commit({ 'dbt/a.sql': '5' }, 'b');
    const daemon = daemonAt(sandbox, `${origin}/remote.git`, { is: 'token', token: new Secret(token) });
    const input = await revertInput(daemon, b, a);
    mayPush = false;
    const [problem] = (await daemon.preflight.check(b, a, never)).problems;
    expect(problem).toMatch(/A push to main would be refused: .*403/);
    expect(await doRevert(daemon, input)).toMatchObject({ is: 'failed' });
    expect((await daemon.revert.check(input, contextOf(), never)).is).toBe('failed');
    mayPush = true;
  });
});

/** git's own server program, behind a request. */
function serveGit(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...SANDBOX_ENV,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: request.headers['content-length'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: 'x-access-token',
    },
  });
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  backend.on('close', () => {
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    const headers = new Map<string, string>();
    for (const line of all.subarray(0, end).toString('latin1').split('\r\n')) {
      const [name = '', value = ''] = line.split(': ', 2);
      headers.set(name, value);
    }
    const status = Number.parseInt(headers.get('Status') ?? '200', 10);
    headers.delete('Status');
    response.writeHead(status, Object.fromEntries(headers)).end(all.subarray(end + 4));
  });
}

function keyPair(file: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
}

async function freePort(): Promise<number> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
