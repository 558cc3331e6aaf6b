import { OutsideError } from '../../core/errors.ts';
import type { Signal } from '../../core/signal.ts';
import { days } from '../../core/time.ts';
import type { SignalSource } from '../../ports/signal-source.ts';
import { ask, Forbidden } from './ask.ts';
import { judge } from './judge.ts';
import type { HttpSourceOptions, Probe } from './options.ts';

export type { HttpSourceOptions, Probe } from './options.ts';

/** Asks endpoints of a service whether it is well. */
export function createHttpSource(options: HttpSourceOptions): SignalSource {
  const { name, environment, poll } = options;
  return {
    name,
    environment,
    poll,
    async observe(abort) {
      abort.throwIfAborted();
      const looked = await Promise.all(options.probes.map((probe) => lookAt(options, probe, abort)));
      const signals = looked.filter((each): each is Signal => !(each instanceof OutsideError));
      const [blind] = looked.filter((each) => each instanceof OutsideError);
      // One that could not be asked says nothing of its service; where none could be, it is us who see nothing.
      if (signals.length === 0 && blind !== undefined) throw blind;
      return { signals, catalogue: null };
    },
    watch: () => () => undefined,
    busy: async () => false,
  };
}

/** One look at one endpoint: a signal, or why nothing can be said of it. */
async function lookAt(
  { name, environment, now }: HttpSourceOptions,
  probe: Probe,
  abort: AbortSignal,
): Promise<Signal | OutsideError> {
  const began = now();
  const attributes = await asked(probe, abort, began);
  if (attributes instanceof OutsideError) return attributes;
  const id = `${name}/${probe.name}/${began}`;
  const fixed = { environment, source: name, kind: 'http.probe', invocation: null, startedBy: null };
  return { id, ...fixed, subject: probe.name, at: now(), began, attributes };
}

/** Exported for `doctor`, which asks in the same way. */
export async function asked(
  probe: Probe,
  abort: AbortSignal,
  now: number,
): Promise<Signal['attributes'] | OutsideError> {
  const started = performance.now();
  try {
    const answered = await ask(probe, abort);
    const { well, because, found } = judge(probe, answered);
    return {
      status: well ? 'up' : 'down',
      value: Math.round(answered.milliseconds * 10) / 10,
      code: answered.code,
      timed_out: false,
      because,
      found,
      certificate_days:
        answered.certificateEnds === null ? null : Math.floor((answered.certificateEnds - now) / days(1)),
    };
  } catch (error) {
    abort.throwIfAborted();
    return failed(error, probe, performance.now() - started);
  }
}

/** The service's own failure is `down`; what lies between it and us is not its failure. */
function failed(error: unknown, probe: Probe, milliseconds: number): Signal['attributes'] | OutsideError {
  const host = new URL(probe.url).host;
  if (error instanceof Forbidden) {
    const message = `${host} is a private address: say allow_private: true where it may be asked`;
    return new OutsideError('http', 'refused', message);
  }
  const code = codeOf(error);
  const ours = OURS[code];
  if (ours !== undefined) return new OutsideError('http', 'unreachable', `${host}: ${ours}`);
  const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
  return {
    status: 'down',
    value: timedOut ? Math.max(probe.timeout, milliseconds) : Math.round(milliseconds * 10) / 10,
    code: 0,
    timed_out: timedOut,
    because: timedOut
      ? `it did not answer within ${probe.timeout / 1_000} s`
      : (THEIRS[code] ?? `no answer (${code})`),
    found: '',
    certificate_days: null,
  };
}

const OURS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be resolved now',
  ENETUNREACH: 'the network cannot be reached',
  ENETDOWN: 'the network is down',
};

const THEIRS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it reset the connection',
  EHOSTUNREACH: 'the host cannot be reached',
  EPIPE: 'it closed the connection',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

function codeOf(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  const { code } = (inner ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
}
