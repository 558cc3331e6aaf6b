/** Where a repository's API is, and what the repository is called there. */
export interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
  /** Without a slash at its end: `https://api.github.com`, `https://ghe.example.com/api/v3`. */
  readonly api: string;
}

/**
 * What the remote of a clone says: `git@github.com:o/r.git`, `ssh://`, `https://`, an Enterprise server's too.
 * Also `owner/name` alone, which is on github.com unless `api` says otherwise. Undefined where it is none of these.
 */
export function repositoryNamed(remote: string, api: string | null): RepositoryName | undefined {
  const { host, path } = partsOf(remote.trim());
  const [, owner, repo] = /^\/?([A-Za-z0-9][\w.-]*)\/([\w.-]+?)(?:\.git)?\/?$/.exec(path) ?? [];
  if (owner === undefined || repo === undefined) return undefined;
  return { owner, repo, api: (api ?? apiOf(host)).replace(/\/+$/, '') };
}

function partsOf(remote: string): { readonly host: string; readonly path: string } {
  const url = /^(https?|ssh|git|git\+ssh):\/\//.test(remote) ? URL.parse(remote) : null;
  if (url !== null) return { host: url.hostname, path: url.pathname };
  const [, host, path] = /^(?:[\w.-]+@)?([\w.-]+):(?!\/\/)(.+)$/.exec(remote) ?? [];
  if (host !== undefined && path !== undefined) return { host, path };
  return { host: 'github.com', path: remote.startsWith('/') || remote.startsWith('.') ? '' : remote };
}

function apiOf(host: string): string {
  if (host === 'github.com' || host === 'ssh.github.com' || host === 'www.github.com') {
    return 'https://api.github.com';
  }
  return host.endsWith('.ghe.com') ? `https://api.${host}` : `https://${host}/api/v3`;
}
