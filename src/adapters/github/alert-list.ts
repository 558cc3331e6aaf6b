import { ALERT_SHAPES, type Alert, type AlertType } from './alert-schema.ts';
import type { Calls } from './calls.ts';
import { BadAnswer } from './failure.ts';

const MOST = 100;
const SWITCHED_OFF = /\bdisabled\b|not enabled|must be enabled|no analysis found/i;

/** The alerts of one list that changed last; undefined where it is switched off for the repository. */
export async function alertsOf(
  calls: Calls,
  { type, state }: { readonly type: AlertType; readonly state: 'open' | 'all' },
  abort: AbortSignal,
): Promise<readonly Alert[] | undefined> {
  const parameters = {
    sort: 'updated',
    direction: 'desc',
    ...(state === 'open' ? { state } : {}),
    // What the secret is, we need not know.
    ...(type === 'secret-scanning' ? { hide_secret: true } : {}),
  };
  const call = { route: `GET /repos/{owner}/{repo}/${type}/alerts`, parameters };
  try {
    return await calls.list(call, { shape: ALERT_SHAPES[type], key: null, most: MOST }, abort);
  } catch (error) {
    if (error instanceof BadAnswer && SWITCHED_OFF.test(error.message)) return undefined;
    throw error;
  }
}
