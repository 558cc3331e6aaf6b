import type { Octokit } from '@octokit/rest';
import { OutsideError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { type Instant, minutes } from '../../core/time.ts';
import { SYSTEM, unexpected } from './failure.ts';
import { installationToken } from './schema.ts';

/** How we say who we are. */
export type Credentials =
  | { readonly is: 'token'; readonly token: Secret }
  | {
      readonly is: 'app';
      readonly app: string;
      readonly installation: string;
      /** PEM, in either of its forms. */
      readonly privateKey: Secret;
    };

export type Granted = Readonly<Record<string, string>>;

/** A token that is good now, and what it may where that is known. */
export interface Token {
  readonly text: string;
  /** An installation's permissions: `{ actions: 'write' }`; null where only a try would tell. */
  readonly granted: Granted | null;
}

/** Tokens as they are needed: an installation's is made, kept for its hour, and made anew. */
export interface Tokens {
  /** `renew`: this one was refused. Throws what the request behind it throws. */
  current(renew?: string): Promise<Token>;
  /** For what an App asks as itself; null for a token. */
  asApp(): Promise<string | null>;
}

/** `octokit`: asks without a credential of its own. */
export function createTokens(credentials: Credentials, octokit: Octokit, now: () => Instant): Tokens {
  if (credentials.is === 'app') return new InstallationTokens(credentials, octokit, now);
  const { token } = credentials;
  return { current: async () => ({ text: token.reveal().trim(), granted: null }), asApp: async () => null };
}

/** GitHub's client writes to the console otherwise. */
export const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

type App = Extract<Credentials, { readonly is: 'app' }>;

/** A token is asked for anew so long before it ends. */
const BEFORE_ITS_END = minutes(5);

class InstallationTokens implements Tokens {
  readonly #app: App;
  readonly #octokit: Octokit;
  readonly #now: () => Instant;
  #kept: (Token & { readonly until: Instant }) | null = null;
  #making: Promise<Token> | null = null;

  constructor(app: App, octokit: Octokit, now: () => Instant) {
    this.#app = app;
    this.#octokit = octokit;
    this.#now = now;
  }

  async current(refused?: string): Promise<Token> {
    const kept = this.#kept;
    if (kept !== null && kept.text !== refused && kept.until > this.#now()) return kept;
    this.#making ??= this.#make().finally(() => {
      this.#making = null;
    });
    return this.#making;
  }

  /** A key that cannot be used is told without a word of it. */
  async asApp(): Promise<string> {
    const { createAppAuth } = await import('@octokit/auth-app');
    try {
      const privateKey = this.#app.privateKey.reveal();
      const auth = createAppAuth({ appId: this.#app.app, privateKey, log: SILENT });
      return (await auth({ type: 'app' })).token;
    } catch {
      throw new OutsideError(
        SYSTEM,
        'auth',
        "the App's private key cannot be used: it is no PEM key of an App",
      );
    }
  }

  async #make(): Promise<Token> {
    const { data } = await this.#octokit.request('POST /app/installations/{installation_id}/access_tokens', {
      installation_id: Number(this.#app.installation),
      headers: { authorization: `Bearer ${await this.asApp()}` },
    });
    const read = installationToken.safeParse(data);
    if (!read.success) throw unexpected('GitHub gave no token for the installation');
    const { token, expires_at: end, permissions } = read.data;
    this.#kept = { text: token, granted: permissions, until: end - BEFORE_ITS_END };
    return this.#kept;
  }
}
