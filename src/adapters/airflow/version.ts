import { type HttpRequest, send, statusFailure } from '../../calls/http.ts';
import { OutsideError } from '../../core/errors.ts';
import type { AirflowVersion } from './connection.ts';
import { VersionReply } from './schema.ts';

/** Tries the version pages in order; a page of HTML or a 404 is not it. */
export async function detectVersion(
  request: HttpRequest,
  generations: readonly AirflowVersion['generation'][],
  abort: AbortSignal,
): Promise<AirflowVersion> {
  const seen: string[] = [];
  for (const generation of generations) {
    const path = `${API[generation]}/version`;
    const reply = await send({ ...request, url: `${request.url}${path}` }, abort);
    if (reply.status >= 500) throw statusFailure(reply, 'airflow');
    const type = (reply.headers.get('content-type') ?? 'nothing').split(';')[0];
    seen.push(`${path} gave ${reply.status} ${type}`);
    if (reply.status !== 200) continue;
    const read = VersionReply.safeParse(parsed(reply.text));
    if (read.success) return { version: read.data.version.slice(0, 40), generation };
  }
  throw new OutsideError(
    'airflow',
    'unexpected-reply',
    `no Airflow answers at this address: ${seen.join(', ')}`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where each generation has its API. */
export const API = { 2: '/api/v1', 3: '/api/v2' } as const;
