import { sayDuration } from '../../core/duration.ts';
import { OutsideError } from '../../core/errors.ts';
import { type Duration, seconds } from '../../core/time.ts';
import { cut, plain } from '../../core/wording.ts';

/** What became of a call to the engine, in words for a person. */
export function failureOf(
  error: unknown,
  { address, timeout }: { readonly address: string; readonly timeout: Duration },
): OutsideError {
  if (error instanceof OutsideError) return error;
  const options = { retry: { after: seconds(1) }, cause: error };
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new OutsideError(
      'docker',
      'timeout',
      `${address} did not answer within ${sayDuration(timeout)}`,
      options,
    );
  }
  const status = statusOf(error);
  if (status === 401 || status === 403) {
    const because = `${address} answered ${status}: a socket proxy needs CONTAINERS=1 and EVENTS=1`;
    return new OutsideError('docker', 'auth', because, { cause: error });
  }
  if (status !== undefined) {
    const said = error instanceof Error ? `: ${cut(plain(error.message), 200)}` : '';
    return new OutsideError('docker', 'unexpected-reply', `${address} answered ${status}${said}`, options);
  }
  const code = codeOf(error);
  if (code === 'EACCES' || code === 'EPERM') {
    const because = `${address} may not be opened by us: the user needs the group docker`;
    return new OutsideError('docker', 'auth', because, { cause: error });
  }
  return new OutsideError(
    'docker',
    'unreachable',
    `${address}: ${SAID[code] ?? `no connection (${code})`}`,
    options,
  );
}

/** The HTTP status that the client's error tells, where it is one. */
export function statusOf(error: unknown): number | undefined {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

const SAID: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be resolved now',
};

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
}
