import { generateKeyPairSync, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface Certificate {
  readonly key: string;
  /** PEM; being signed by itself it is its own authority. */
  readonly cert: string;
}

const DAY = 86_400_000;
const ECDSA_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex');
const ALTERNATIVE_NAME = Buffer.from('0603551d11', 'hex');

/** A certificate (RFC 5280, P-256) that is signed by itself, without any program. Good for a day unless said otherwise. */
export function selfSigned(
  options: { readonly hosts?: readonly string[]; readonly until?: Date } = {},
): Certificate {
  const { hosts = ['localhost', '127.0.0.1'], until = new Date(Date.now() + DAY) } = options;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const from = new Date(Math.min(Date.now(), until.getTime()) - DAY);
  const name = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(hosts[0] ?? 'localhost')))));
  const algorithm = sequence(ECDSA_SHA256);
  const body = sequence(
    der(0xa0, integer(2)),
    integer(Math.trunc(Math.random() * 2 ** 31)),
    algorithm,
    name,
    sequence(time(from), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(authority(), alternativeNames(hosts))),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const base64 = sequence(body, algorithm, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
  };
}

function authority(): Buffer {
  const yes = der(0x01, Buffer.from([0xff]));
  return sequence(BASIC_CONSTRAINTS, yes, der(0x04, sequence(yes)));
}

function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host)),
  );
  return sequence(ALTERNATIVE_NAME, der(0x04, sequence(...names)));
}

function time(at: Date): Buffer {
  const text = at.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
  return der(0x18, Buffer.from(`${text}Z`));
}

function integer(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  // A first bit of 1 would make it negative.
  return der(0x02, (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
