import { type Calls, readAs } from './calls.ts';
import { repository } from './schema.ts';
import type { Granted } from './token.ts';

/** What our token may, as far as GitHub tells without our trying it. */
export type Permissions =
  /** A GitHub App's installation: exactly these. */
  | { readonly is: 'app'; readonly granted: Granted }
  /** A classic token: its scopes, and what its owner may in the repository. */
  | {
      readonly is: 'classic';
      readonly scopes: readonly string[];
      readonly push: boolean;
      readonly isPrivate: boolean;
    }
  /** A fine-grained token, or a workflow's own: GitHub does not say. */
  | { readonly is: 'untold'; readonly push: boolean };

/** Asks for the repository, and reads what stands beside it. */
export async function permissionsOf(calls: Calls, abort: AbortSignal): Promise<Permissions> {
  const { granted } = await calls.token(abort);
  return calls.ask(
    { route: 'GET /repos/{owner}/{repo}' },
    (answer): Permissions => {
      const { permissions, private: isPrivate } = readAs(answer, repository);
      if (granted !== null) return { is: 'app', granted };
      // Where GitHub says nothing of it, it is no "no".
      const push = permissions?.push ?? true;
      const scopes = answer.headers['x-oauth-scopes'];
      if (typeof scopes !== 'string') return { is: 'untold', push };
      return { is: 'classic', scopes: scopes.split(',').map((scope) => scope.trim()), push, isPrivate };
    },
    abort,
  );
}

/** Whether it may: `yes`, `no`, or `unknown` until it is tried. `permission` as an App has it: `actions`. */
export function allows(
  permissions: Permissions,
  permission: string,
  level: 'read' | 'write',
): 'yes' | 'no' | 'unknown' {
  switch (permissions.is) {
    case 'app': {
      const granted = permissions.granted[permission];
      return granted === 'write' || granted === 'admin' || granted === level ? 'yes' : 'no';
    }
    case 'classic': {
      const { scopes, push, isPrivate } = permissions;
      const reaches = scopes.includes('repo') || (!isPrivate && scopes.includes('public_repo'));
      if (level === 'write') return reaches && push ? 'yes' : 'no';
      return reaches || !isPrivate ? 'yes' : 'no';
    }
    case 'untold':
      return level === 'write' && !permissions.push ? 'no' : 'unknown';
  }
}
