import { type Calls, readAs } from './calls.ts';
import { BadAnswer } from './failure.ts';
import { account, app } from './schema.ts';

/** Who we are in the list of runs: `octocat`, `our-app[bot]`; null where GitHub does not say. */
export async function loginOf(calls: Calls, abort: AbortSignal): Promise<string | null> {
  const asApp = await calls.asApp();
  const isApp = asApp !== null;
  const call = isApp ? { route: 'GET /app', authorization: asApp } : { route: 'GET /user' };
  try {
    return await calls.ask(
      call,
      (answer) => (isApp ? `${readAs(answer, app).slug}[bot]` : readAs(answer, account).login),
      abort,
    );
  } catch (error) {
    // The token that a workflow has of itself is nobody's.
    if (error instanceof BadAnswer && (error.status === 403 || error.status === 404)) return null;
    throw error;
  }
}
