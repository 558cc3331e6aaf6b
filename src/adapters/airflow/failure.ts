import { type HttpReply, statusFailure } from '../../calls/http.ts';
import { OutsideError } from '../../core/errors.ts';
import { cut, plain } from '../../core/wording.ts';

/** What makes a 2.x take user and password: off by default since 2.7. */
export const BASIC_AUTH =
  'AIRFLOW__API__AUTH_BACKENDS=airflow.api.auth.backend.basic_auth,airflow.api.auth.backend.session';

/** Whose call failed, and at what. */
export interface Asked {
  readonly version: string;
  readonly generation: 2 | 3;
  /** Who we are: `admin`, `the token`. */
  readonly as: string;
  /** `GET /dags`. */
  readonly what: string;
}

/**
 * A reply that is no success as an error in words that say what to do; never the password. `auth` is a login that
 * failed, `refused` what somebody who is let in may not do.
 */
export function failureOf(reply: HttpReply, asked: Asked): OutsideError {
  const { version, generation, as, what } = asked;
  const said = wordsOf(reply);
  if (reply.status === 401) {
    const why =
      generation === 2
        ? `the password is wrong, or the API takes none, as it is by default: set ${BASIC_AUTH} for its webserver`
        : said;
    return new OutsideError('airflow', 'auth', `Airflow ${version} refused the login of ${as}: ${why}`);
  }
  if (reply.status === 403) {
    return new OutsideError('airflow', 'refused', `Airflow ${version}: ${as} may not ${what} (${said})`);
  }
  const failure = statusFailure({ ...reply, headers: withoutType(reply.headers), text: said }, 'airflow');
  const { reason, retry, message } = failure;
  return new OutsideError('airflow', reason, `${what}: ${message}`, { retry });
}

/** Whether a 404 speaks of the thing that was asked for, and not of the path, a proxy or another version. */
export function saysMissing(reply: HttpReply): boolean {
  if (reply.status !== 404) return false;
  const said = wordOf(reply);
  return said !== undefined && /not found/i.test(said);
}

/** 2.x says it in `title` (its `detail` may be null), 3.x in `detail`: text, a list or an object. */
function wordOf({ headers, text }: HttpReply): string | undefined {
  if (!/json/i.test(headers.get('content-type') ?? '')) return undefined;
  try {
    const { detail, title } = JSON.parse(text) as { detail?: unknown; title?: unknown };
    const said = detail ?? title;
    if (typeof said === 'string') return said;
    return said === undefined || said === null ? undefined : JSON.stringify(said);
  } catch {
    return undefined;
  }
}

function wordsOf(reply: HttpReply): string {
  const said = wordOf(reply);
  if (said !== undefined) return cut(plain(said), 200);
  const isHtml = /html/i.test(reply.headers.get('content-type') ?? '');
  return isHtml ? 'a page instead of an answer' : cut(plain(reply.text.trim()), 200) || 'nothing said';
}

function withoutType(headers: Headers): Headers {
  const copy = new Headers(headers);
  copy.delete('content-type');
  return copy;
}
