import { expect, test } from 'vitest';
import { networkFailure } from '../../src/calls/network-failure.ts';

const about = {
  system: 'airflow',
  url: 'https://a.example:8443/x?token=1',
  timeout: 10_000,
  timedOut: false,
};
const failed = (code: string) =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });

test.each([
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'its certificate is not trusted: name its authority by NODE_EXTRA_CA_CERTS',
  ],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'its certificate is not trusted: name its authority by NODE_EXTRA_CA_CERTS',
  ],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet, or our clock is wrong'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
])('a certificate that is refused with %s is said in words', (code, words) => {
  const error = networkFailure(failed(code), about);

  expect(error.message).toBe(`a.example:8443: ${words} (${code})`);
  expect(error.reason).toBe('refused');
});

test('a host that nobody listens on is said in words, and may be there in a moment', () => {
  const error = networkFailure(failed('ECONNREFUSED'), about);

  expect(error).toMatchObject({ reason: 'unreachable', message: 'a.example:8443: nothing listens there' });
});
