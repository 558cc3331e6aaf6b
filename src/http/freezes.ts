import * as z from 'zod';
import { actorOf } from './authentication.ts';
import type { Api, Context } from './context.ts';
import { configuredName, instant, opaqueId, saying } from './fields.ts';
import { idempotencyHeaders } from './idempotency.ts';
import { freezeReply, modeReply, representFreeze, representMode } from './representation/environment.ts';

/** Windows in which nothing moves, and the switch that stops all. */
export function freezes(api: Api, context: Context): void {
  windows(api, context);
  lift(api, context);
  switches(api, context);
}

const window = z.strictObject({
  environment: configuredName,
  from: instant.optional().describe('Now where it is not said'),
  until: instant.nullable().default(null).describe('Until it is lifted where it is not said'),
  reason: saying,
});

function windows(api: Api, { queries, commands, now }: Context): void {
  api.get(
    '/api/v1/freezes',
    {
      config: { access: ['read'] },
      schema: {
        summary: 'Freezes that stand or are to come',
        tags: ['freezes'],
        response: { 200: z.object({ freezes: z.array(freezeReply) }) },
      },
    },
    async () => ({
      freezes: (await queries.environments()).flatMap((each) => each.freezes).map(representFreeze),
    }),
  );
  api.post(
    '/api/v1/freezes',
    {
      config: { access: ['operate'], idempotent: true, refuses: [404, 409, 422] },
      schema: {
        summary: 'Freezes an environment: nothing is deployed or rolled back',
        tags: ['freezes'],
        headers: idempotencyHeaders,
        body: window,
        response: { 201: freezeReply },
      },
    },
    async (request, reply) => {
      const { environment, from, until, reason } = request.body;
      const freeze = { environment, from: from ?? now(), until, reason };
      return reply.code(201).send(representFreeze(await commands.freeze(actorOf(request), freeze)));
    },
  );
}

function lift(api: Api, { commands }: Context): void {
  api.delete(
    '/api/v1/freezes/:id',
    {
      config: { access: ['operate'], refuses: [404, 409] },
      schema: {
        summary: 'Lifts a freeze',
        tags: ['freezes'],
        params: z.object({ id: opaqueId }),
        response: { 204: z.null().describe('Lifted') },
      },
    },
    async (request, reply) => {
      await commands.unfreeze(actorOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );
}

const switched = z.strictObject({ environment: configuredName, reason: saying });

function switches(api: Api, { commands }: Context): void {
  api.post(
    '/api/v1/arm',
    {
      config: { access: ['admin'], idempotent: true, refuses: [404, 409, 422, 423] },
      schema: {
        summary: 'Lets rollbackd act in an environment; says what it may now do',
        tags: ['freezes'],
        headers: idempotencyHeaders,
        body: switched,
        response: { 200: z.object({ mode: modeReply, may_now: z.array(z.string()) }) },
      },
    },
    async (request) => {
      const { environment, reason } = request.body;
      const { mode, mayNow } = await commands.arm(actorOf(request), environment, reason);
      return { mode: representMode(mode), may_now: [...mayNow] };
    },
  );
  api.post(
    '/api/v1/disarm',
    {
      config: { access: ['operate'], idempotent: true, unlimited: true, refuses: [404, 409, 422] },
      schema: {
        summary: 'The kill switch: nothing acts in this environment any more',
        tags: ['freezes'],
        headers: idempotencyHeaders,
        body: switched,
        response: { 200: modeReply },
      },
    },
    async (request) => {
      const { environment, reason } = request.body;
      return representMode(await commands.disarm(actorOf(request), environment, reason));
    },
  );
}
