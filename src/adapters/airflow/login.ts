import { type HttpReply, type HttpRequest, jsonOf, send } from '../../calls/http.ts';
import { seconds } from '../../core/time.ts';
import type { AirflowAddress, AirflowVersion } from './connection.ts';
import { failureOf } from './failure.ts';
import { readReply, TokenReply } from './schema.ts';

/** Who we are, in each request; 3.x gives a token for user and password, which is asked for again once it is refused. */
export function createTokens({ url, login, timeout = seconds(10) }: AirflowAddress) {
  let token: string | undefined;
  let coming: Promise<string> | undefined;

  async function ask(of: AirflowVersion): Promise<string> {
    if (login.is !== 'password') return login.token.reveal();
    const json = { username: login.user, password: login.password.reveal() };
    const request = { system: 'airflow', timeout, url: `${url}/auth/token`, method: 'POST', json } as const;
    const reply = await send(request, new AbortController().signal);
    const asked = { ...of, as: login.user, what: 'log in' };
    if (reply.status !== 200 && reply.status !== 201) throw failureOf(reply, asked);
    return readReply(TokenReply, jsonOf(reply, 'airflow'), 'POST /auth/token');
  }

  /** One login however many calls need it. `refused`: the token that is no good any more. */
  async function current(of: AirflowVersion, refused?: string): Promise<string> {
    if (token !== undefined && token !== refused) return token;
    coming ??= ask(of).finally(() => {
      coming = undefined;
    });
    token = await coming;
    return token;
  }

  async function sent(request: HttpRequest, of: AirflowVersion, abort: AbortSignal): Promise<HttpReply> {
    if (login.is === 'token') return send(authorized(request, `Bearer ${login.token.reveal()}`), abort);
    if (of.generation === 2) {
      const both = Buffer.from(`${login.user}:${login.password.reveal()}`).toString('base64');
      return send(authorized(request, `Basic ${both}`), abort);
    }
    const used = await current(of);
    const reply = await send(authorized(request, `Bearer ${used}`), abort);
    if (!isRefused(reply)) return reply;
    return send(authorized(request, `Bearer ${await current(of, used)}`), abort);
  }

  return { sent };
}

/** An expired token is 401; one of a server that was restarted with another secret is 403. */
function isRefused({ status, text }: HttpReply): boolean {
  return status === 401 || (status === 403 && /invalid jwt token/i.test(text));
}

function authorized(request: HttpRequest, authorization: string): HttpRequest {
  return { ...request, headers: { ...request.headers, authorization } };
}
