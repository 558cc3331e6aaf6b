import {
  createGitHubClient,
  type GitHubClient,
  type GitHubOptions,
} from '../../../src/adapters/github/client.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { FakeGitHub } from '../../fakes/github/index.ts';

/** A client of the stand-in, with its first token. */
export function clientOf(github: FakeGitHub, change: Partial<GitHubOptions> = {}): GitHubClient {
  return createGitHubClient({
    name: github.name,
    credentials: { is: 'token', token: new Secret('token') },
    ...change,
  });
}

/** Nobody gives up. */
export const GOING_ON = new AbortController().signal;
