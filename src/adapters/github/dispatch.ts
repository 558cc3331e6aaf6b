import { OutsideError } from '../../core/errors.ts';
import { type Answer, type Calls, readAs } from './calls.ts';
import { BadAnswer } from './failure.ts';
import { dispatched } from './schema.ts';

/** A workflow to be started. */
export interface Dispatching {
  /** `rollback.yml`, or an id. */
  readonly workflow: string;
  /** A branch or tag, never a commit. */
  readonly ref: string;
  /** At most 25. */
  readonly inputs: Readonly<Record<string, string>>;
}

export type Dispatched =
  /** `run`: null where GitHub does not tell which one it is. */
  | { readonly is: 'accepted'; readonly run: string | null }
  /** It was sent, and what became of it is not known. */
  | { readonly is: 'unknown'; readonly because: string };

/** Sends it once. Only a reply that says that nothing was started lets it be sent in another form. */
export async function dispatchOnce(
  calls: Calls,
  dispatching: Dispatching,
  abort: AbortSignal,
): Promise<Dispatched> {
  // What fails here fails before anything was sent.
  await calls.token(abort);
  try {
    return await send(calls, dispatching, { withRun: true, abort });
  } catch (error) {
    // An older server does not know the wish for the run's id, and started nothing.
    if (!(error instanceof BadAnswer && error.status === 422 && /return_run_details/.test(error.message)))
      throw error;
    return send(calls, dispatching, { withRun: false, abort });
  }
}

interface Sending {
  readonly withRun: boolean;
  readonly abort: AbortSignal;
}

async function send(
  calls: Calls,
  { workflow, ref, inputs }: Dispatching,
  { withRun, abort }: Sending,
): Promise<Dispatched> {
  const call = {
    route: 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches',
    parameters: { workflow_id: workflow, ref, inputs, ...(withRun ? { return_run_details: true } : {}) },
    once: true,
  };
  try {
    return await calls.ask(call, accepted, abort);
  } catch (error) {
    if (error instanceof OutsideError && isAmbiguous(error)) return { is: 'unknown', because: error.message };
    throw error;
  }
}

function accepted(answer: Answer): Dispatched {
  const run = answer.status === 204 ? null : readAs(answer, dispatched);
  return { is: 'accepted', run };
}

/** Whether it may have been accepted although no reply says so. */
function isAmbiguous(error: OutsideError): boolean {
  if (['auth', 'rate-limited', 'refused'].includes(error.reason)) return false;
  return !NEVER_SENT.has(codeOf(error));
}

const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function codeOf(error: unknown): string {
  let found = '';
  for (let each = error; each instanceof Error; each = each.cause) {
    const inner: unknown = each instanceof AggregateError ? each.errors[0] : each;
    const { code } = inner as { readonly code?: unknown };
    if (typeof code === 'string') found = code;
  }
  return found;
}
