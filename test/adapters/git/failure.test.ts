import { describe, expect, it } from 'vitest';
import { redact, sshCommand } from '../../../src/adapters/git/credentials.ts';
import { failureOf } from '../../../src/adapters/git/failure.ts';
import { Secret } from '../../../src/core/secret.ts';

describe('what git says when it fails', () => {
  it.each([
    [
      'git@github.com: Permission denied (publickey).\r\nfatal: Could not read from remote repository.',
      'auth',
    ],
    ["fatal: Authentication failed for 'https://github.com/acme/x.git/'", 'auth'],
    ["fatal: could not read Username for 'https://github.com': terminal prompts disabled", 'auth'],
    [
      'ERROR: The key you are authenticating with has been marked as read only.\nfatal: Could not read',
      'auth',
    ],
    ['remote: Permission to acme/x.git denied to bot.\nfatal: unable to access: returned error: 403', 'auth'],
    ["fatal: unable to access 'https://x/': The requested URL returned error: 429", 'rate-limited'],
    ["fatal: unable to access 'https://x/': Could not resolve host: x", 'unreachable'],
    ["fatal: unable to access 'https://x/': The requested URL returned error: 502", 'unreachable'],
    ['ssh: connect to host x port 22: Connection timed out', 'unreachable'],
    ['ERROR: Repository not found.\nfatal: Could not read from remote repository.', 'refused'],
    ["error: cannot lock ref 'refs/remotes/origin/main': Unable to create 'x.lock': File exists.", 'refused'],
    ['fatal: something new', 'unexpected-reply'],
  ])('%j is %s', (said, reason) => {
    expect(failureOf('fetch', said)).toMatchObject({ system: 'git', reason });
  });

  it('becomes one line without hints and control characters, and is never endless', () => {
    const failure = failureOf(
      'push',
      `error: \u001b[31mfailed\u001b[0m to\u0007 push\nhint: try harder\nremote: ${'x'.repeat(999)}`,
    );
    expect(failure.message).toMatch(/^git push: error: failed to push x+…$/);
    expect(failure.message.length).toBeLessThan(420);
  });

  it('loses every form of the credentials', () => {
    const token = new Secret('ghs_token');
    const encoded = Buffer.from('x-access-token:ghs_token').toString('base64');
    const said = `http.extraHeader=Basic ${encoded} https://bot:pass@host/x.git https://ghs_token@host ghs_token`;
    expect(redact(said, { is: 'token', token })).toBe(
      'http.extraHeader=Basic *** https://***@host/x.git https://***@host ***',
    );
  });
});

it('an ssh command quotes what a shell would read', () => {
  expect(sshCommand({ key: "/keys/it's $(mine)", knownHosts: '/k' })).toContain(
    `-i '/keys/it'\\''s $(mine)' -o`,
  );
});
