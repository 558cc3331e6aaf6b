import { duration, text, word } from '../rules/scalars.ts';
import { list, mapped, refuse, type Shape } from '../rules/shape.ts';

/** A file or directory; a relative one counts from the directory of rollbackd.yaml. */
export const place: Shape<string> = { ...text, is: 'a path' };

/** One command and its arguments; no shell reads it. */
export const argv: Shape<readonly string[]> = {
  ...list(word, { atLeast: 1 }),
  is: 'a command as a list: [dbt, build]',
};

/** A length of time of at least a second. */
export const seconds: Shape<number> = mapped(duration, 'a duration', (value, { node, reading }) =>
  value >= 1_000 ? value : refuse(reading, node, 'this is too short', { hint: 'at least 1s' }),
);

/** An e-mail address. */
export const email: Shape<string> = mapped(text, 'an e-mail address', (value, { node, reading }) =>
  /^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(value)
    ? value
    : refuse(reading, node, 'this is not an e-mail address', { hint: 'write name@example.com' }),
);

/** An address that people open in a browser, without a slash at its end. */
export const httpUrl: Shape<string> = mapped(text, 'an http address', (value, { node, reading }) => {
  const url = URL.parse(value);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    return refuse(reading, node, 'this is not an http address', { hint: 'write https://...' });
  }
  if (url.username !== '' || url.password !== '')
    return refuse(reading, node, 'an address is no place for a password');
  return value.replace(/\/+$/, '');
});

/** `127.0.0.1:8790`. */
export const address: Shape<{ readonly host: string; readonly port: number }> = mapped(
  text,
  'an address like 127.0.0.1:8790',
  (value, { node, reading }) => {
    const [, host = '', digits = ''] = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(value) ?? [];
    const port = Number(digits);
    if (host === '' || port > 65_535) {
      return refuse(reading, node, 'this is not an address to listen on', {
        hint: 'write host:port, for example 127.0.0.1:8790',
      });
    }
    return { host: host.replace(/^\[|\]$/g, ''), port };
  },
);
