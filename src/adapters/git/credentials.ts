import type { Secret } from '../../core/secret.ts';

/** How git proves who we are. A token travels in git's environment, never in an argument or an address. */
export type Credentials =
  | { readonly is: 'none' }
  /** What git runs instead of `ssh`; `sshCommand` writes one. */
  | { readonly is: 'ssh'; readonly command: string }
  /** Basic authorization over http(s); the user is `x-access-token` where none is given. */
  | { readonly is: 'token'; readonly token: Secret; readonly user?: string };

/** An ssh command line that asks nobody, trusts only the known hosts and offers only this key. */
export function sshCommand(options: { key: string; knownHosts: string; config?: string }): string {
  const words = ['ssh', '-F', options.config ?? '/dev/null', '-i', options.key];
  for (const setting of [
    'IdentitiesOnly=yes',
    'BatchMode=yes',
    'ConnectTimeout=10',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${options.knownHosts}`,
  ]) {
    words.push('-o', setting);
  }
  return words.map(quote).join(' ');
}

/** Separates a password or token that somebody wrote into the address. */
export function splitRemote(remote: string): {
  readonly remote: string;
  readonly user: string;
  readonly password: string;
} {
  const found = /^(https?:\/\/)([^/@\s]+)@(.*)$/.exec(remote);
  if (found === null) return { remote, user: '', password: '' };
  const [user = '', password = ''] = (found[2] ?? '').split(':', 2).map(decodeURIComponent);
  return { remote: `${found[1]}${found[3]}`, user, password };
}

/** The environment with which git uses the credentials for this remote, and for no other host. */
export function credentialsEnvironment(credentials: Credentials, remote: string): Record<string, string> {
  if (credentials.is === 'ssh') return { GIT_SSH_COMMAND: credentials.command };
  const origin = /^https?:\/\/[^/]+/.exec(remote)?.[0];
  if (credentials.is === 'none' || origin === undefined) return {};
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic(credentials)}`,
  };
}

/** Takes the credentials, and any written into addresses, out of a text. */
export function redact(text: string, credentials: Credentials): string {
  const bare = text.replace(/(https?:\/\/)[^/@\s]+@/g, '$1***@');
  if (credentials.is !== 'token') return bare;
  return bare.replaceAll(credentials.token.reveal(), '***').replaceAll(basic(credentials), '***');
}

function basic(credentials: Extract<Credentials, { is: 'token' }>): string {
  return Buffer.from(`${credentials.user ?? 'x-access-token'}:${credentials.token.reveal()}`).toString(
    'base64',
  );
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
