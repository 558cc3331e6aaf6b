import { sayDuration } from '../core/duration.ts';
import { OutsideError } from '../core/errors.ts';
import { type Duration, seconds } from '../core/time.ts';

interface Circumstances {
  readonly system: string;
  readonly url: string;
  readonly timeout: Duration;
  readonly timedOut: boolean;
}

/** What became of a call that got no whole reply, in words for a person. Names host and port, never a query or a password. */
export function networkFailure(
  error: unknown,
  { system, url, timeout, timedOut }: Circumstances,
): OutsideError {
  const host = hostOf(url);
  const options = { retry: { after: seconds(1) }, cause: error };
  if (timedOut) {
    return new OutsideError(
      system,
      'timeout',
      `${host} did not answer within ${sayDuration(timeout)}`,
      options,
    );
  }
  const code = codeOf(error);
  if (CERTIFICATE.test(code)) {
    const because =
      CERTIFICATES[code] ?? 'its certificate is not trusted: name its authority by NODE_EXTRA_CA_CERTS';
    return new OutsideError(system, 'refused', `${host}: ${because} (${code})`, { cause: error });
  }
  return new OutsideError(
    system,
    'unreachable',
    `${host}: ${SAID[code] ?? `no connection (${code})`}`,
    options,
  );
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

const CERTIFICATES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, or our clock is wrong',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

const SAID: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be resolved now',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed before the reply was whole',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  HPE_INVALID_CONSTANT: 'it does not speak HTTP',
};

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'the address';
}

/** The deepest code that the chain of causes has. */
function codeOf(error: unknown): string {
  let found = 'unknown';
  for (let each = error; each instanceof Error; each = each.cause) {
    const inner = each instanceof AggregateError ? each.errors[0] : each;
    const { code } = inner as { code?: unknown };
    if (typeof code === 'string') found = code;
  }
  return found;
}
