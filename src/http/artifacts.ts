import multipart from '@fastify/multipart';
import * as z from 'zod';
import { actorOf } from './authentication.ts';
import type { Api, Context } from './context.ts';
import { configuredName } from './fields.ts';
import { Problem } from './problem.ts';
import { readArtifacts } from './upload.ts';

const file = (text: string) => z.string().optional().meta({ format: 'binary', description: text });

/** What the form holds, for the documentation. */
const form = z.object({
  environment: configuredName,
  source: configuredName.optional().describe('Where an environment has several dbt sources'),
  run_results: file('run_results.json, gzipped or not'),
  manifest: file('manifest.json, gzipped or not'),
  sources: file('sources.json, gzipped or not'),
});

const receipt = z.object({
  invocation: z.string().nullable(),
  signals: z.number().int(),
  duplicate: z.boolean(),
  no_evidence: z.string().nullable().describe('Why it is no evidence, where it is none'),
});

/** dbt artifacts over HTTP. */
export async function artifacts(api: Api, { commands, limits }: Context): Promise<void> {
  await api.register(multipart);
  // Files are held in memory while they are read: so many at once, and not one more.
  let reading = 0;
  api.post(
    '/api/v1/dbt/artifacts',
    {
      config: { access: ['deploy'], unlimited: true, documents: form, refuses: [404, 409, 413, 415, 503] },
      schema: {
        summary: 'Takes run_results.json, manifest.json and sources.json of one invocation',
        description: 'The same invocation again is answered as a duplicate.',
        tags: ['artifacts'],
        consumes: ['multipart/form-data'],
        response: { 200: receipt.describe('Known before'), 202: receipt },
      },
    },
    async (request, reply) => {
      if (reading >= limits.uploadsAtOnce) throw busy();
      reading += 1;
      try {
        const pushed = await readArtifacts(request, limits);
        const taken = await commands.artifacts(actorOf(request), pushed);
        const { invocation, signals, duplicate, noEvidence } = taken;
        return await reply
          .code(duplicate ? 200 : 202)
          .send({ invocation, signals, duplicate, no_evidence: noEvidence });
      } finally {
        reading -= 1;
      }
    },
  );
}

function busy(): Problem {
  return new Problem(503, 'busy', 'Other uploads are being read.', { headers: { 'retry-after': '5' } });
}
