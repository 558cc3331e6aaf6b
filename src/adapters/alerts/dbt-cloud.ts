import * as z from 'zod';
import { cut, plain } from '../../core/wording.ts';
import type { Message } from '../../ports/signal-source.ts';
import type { Said } from './index.ts';

const word = z.coerce.string().max(500);
const moment = z.iso.datetime({ offset: true }).nullish();

const payload = z.looseObject({
  eventType: z.string(),
  timestamp: moment,
  data: z.looseObject({
    jobId: word,
    jobName: word.nullish(),
    runId: word,
    environmentName: word.nullish(),
    projectName: word.nullish(),
    runStatus: word.nullish(),
    runStatusMessage: z.string().nullish(),
    runStartedAt: moment,
    runFinishedAt: moment,
    runErroredAt: moment,
  }),
});

const STATUSES: Readonly<Record<string, string>> = {
  success: 'success',
  errored: 'error',
  error: 'error',
  cancelled: 'cancelled',
};

/** Reads a webhook of dbt Cloud; a job that only started says nothing. `wrong` says why it is none. */
export function readJob({
  body,
  at,
}: Message): { readonly said: readonly Said[] } | { readonly wrong: string } {
  const parsed = payload.safeParse(body);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    return { wrong: `${first?.path.join('.') ?? 'body'}: ${first?.message ?? 'not as expected'}` };
  }
  const { eventType, data } = parsed.data;
  const errored = eventType === 'job.run.errored';
  const status = errored ? 'error' : STATUSES[(data.runStatus ?? '').toLowerCase()];
  if (status === undefined || eventType === 'job.run.started') return { said: [] };
  const ended = timeOf(data.runFinishedAt ?? data.runErroredAt ?? parsed.data.timestamp) ?? at;
  const job = cut(plain(data.jobName ?? data.jobId), 200);
  return {
    said: [
      {
        // `completed` and `errored` may both come for one run: it ended once.
        id: `${data.jobId}/${data.runId}/${status}`,
        kind: 'dbt-cloud.job',
        subject: job,
        at: ended,
        began: timeOf(data.runStartedAt) ?? ended,
        labels: {
          job,
          environment: data.environmentName ?? '',
          project: data.projectName ?? '',
        },
        attributes: {
          status,
          run: plain(data.runId),
          job: plain(data.jobId),
          environment_name: cut(plain(data.environmentName ?? ''), 200),
          message: cut(plain(data.runStatusMessage ?? ''), 300),
          url: '',
        },
      },
    ],
  };
}

function timeOf(text: string | null | undefined): number | undefined {
  return text == null ? undefined : Date.parse(text);
}
