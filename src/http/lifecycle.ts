import * as z from 'zod';
import { actorOf } from './authentication.ts';
import type { Api, Context } from './context.ts';
import { isLoopback } from './loopback.ts';
import { Problem } from './problem.ts';

const plain = z.string();
const text = (description: string) => ({ description, content: { 'text/plain': { schema: plain } } });

/** Is it up, is it ready, does it still turn, what does it count, and read the configuration again. */
export function lifecycle(api: Api, context: Context): void {
  health(api, context);
  metrics(api, context);
  reload(api, context);
}

/** These need no token, so they say nothing but yes or no. */
function health(api: Api, { queries, now, closing }: Context): void {
  // Once every environment had its first turn it stays ready: a stalled engine is `/-/engine`, not a reason to take the API away.
  let turned = false;
  const probes: readonly { path: string; summary: string; ok: () => boolean }[] = [
    { path: '/-/healthy', summary: 'The process is up', ok: () => true },
    {
      path: '/-/ready',
      summary: 'The first turn of every environment is done',
      ok: () => {
        turned ||= queries.health(now()).ready;
        return turned && !closing.aborted;
      },
    },
    { path: '/-/engine', summary: 'Every environment turned lately', ok: () => queries.health(now()).ready },
  ];
  for (const { path, summary, ok } of probes) {
    api.get(
      path,
      {
        config: { access: 'everybody', unlimited: true, quiet: true },
        schema: { summary, tags: ['lifecycle'], response: { 200: text('Yes'), 503: text('No') } },
      },
      async (_request, reply) => {
        const yes = ok();
        return reply
          .code(yes ? 200 : 503)
          .type('text/plain; charset=utf-8')
          .send(yes ? 'ok\n' : 'not yet\n');
      },
    );
  }
}

function metrics(api: Api, { metricsText, settings }: Context): void {
  const who = settings.metrics ?? (isLoopback(settings.listen.host) ? 'open' : 'token');
  api.get(
    '/metrics',
    {
      config: { access: who === 'open' ? 'everybody' : ['read'], unlimited: true, quiet: true },
      schema: {
        summary: 'Metrics for Prometheus',
        tags: ['lifecycle'],
        response: { 200: text('Text format 0.0.4') },
      },
    },
    async (_request, reply) =>
      reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metricsText()),
  );
}

function reload(api: Api, { commands }: Context): void {
  api.post(
    '/-/reload',
    {
      config: { access: ['admin'], refuses: [422] },
      schema: {
        summary:
          'Reads configuration and rules again; a bad file keeps the old ones and answers 422 with every mistake',
        tags: ['lifecycle'],
        response: { 200: z.object({ reloaded: z.literal(true), problems: z.array(z.string()) }) },
      },
    },
    async (request) => {
      const { reloaded, problems } = await commands.reload(actorOf(request));
      if (reloaded) return { reloaded: true as const, problems: [...problems] };
      throw new Problem(422, 'configuration-invalid', 'The configuration has mistakes; the old one stays.', {
        members: { problems },
      });
    },
  );
}
