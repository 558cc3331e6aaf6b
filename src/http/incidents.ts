import * as z from 'zod';
import type { Incident } from '../core/incident.ts';
import type { Actor } from '../ports/control.ts';
import type { Scope } from '../ports/store.ts';
import { actorOf } from './authentication.ts';
import type { Api, Context } from './context.ts';
import { commit, configuredName, instant, limit, note, opaqueId, saying } from './fields.ts';
import { idempotencyHeaders } from './idempotency.ts';
import {
  incidentLineReply,
  incidentReply,
  representIncident,
  representIncidentLine,
} from './representation/incident.ts';
import { incidentViewReply, representIncidentView } from './representation/incident-view.ts';

const params = z.object({ id: opaqueId });
const reasoned = z.strictObject({ reason: saying });

/** The stories of breaches, and what people do about them. */
export function incidents(api: Api, context: Context): void {
  stories(api, context);
  report(api, context);
  actions(api, context);
  allowFix(api, context);
}

function stories(api: Api, { queries }: Context): void {
  api.get(
    '/api/v1/incidents',
    {
      config: { access: ['read'], refuses: [404] },
      schema: {
        summary: 'Incidents, newest first',
        tags: ['incidents'],
        querystring: z.object({ environment: configuredName.optional(), since: instant.optional(), limit }),
        response: { 200: z.object({ incidents: z.array(incidentLineReply) }) },
      },
    },
    async ({ query: { environment, since, limit: most } }) => {
      const filter = {
        limit: most,
        ...(environment === undefined ? {} : { environment }),
        ...(since === undefined ? {} : { since }),
      };
      return { incidents: (await queries.incidents(filter)).map(representIncidentLine) };
    },
  );
  api.get(
    '/api/v1/incidents/:id',
    {
      config: { access: ['read'], refuses: [404] },
      schema: {
        summary: 'Story, decision trace, plan, and pending actions with their times',
        tags: ['incidents'],
        params,
        response: { 200: incidentViewReply },
      },
    },
    async (request) => representIncidentView(await queries.incident(request.params.id)),
  );
}

function report(api: Api, { queries }: Context): void {
  api.get(
    '/api/v1/incidents/:id/report',
    {
      config: { access: ['read'], refuses: [404] },
      schema: {
        summary: 'The report, as markdown',
        tags: ['incidents'],
        params,
        response: { 200: { description: 'Markdown', content: { 'text/markdown': { schema: z.string() } } } },
      },
    },
    async (request, reply) =>
      reply.type('text/markdown; charset=utf-8').send(await queries.report(request.params.id)),
  );
}

/** One route per thing that a person can do; all answer with the incident as it then is. */
function actions(api: Api, { commands }: Context): void {
  const optional = z.strictObject({ reason: note.default('') }).nullable();
  act(
    api,
    {
      name: 'acknowledge',
      says: 'I am on it: stops the ladder',
      scope: 'operate',
      body: z.strictObject({}).nullable(),
    },
    (actor, id) => commands.acknowledge(actor, id),
  );
  act(
    api,
    { name: 'approve', says: 'Yes, do what was asked', scope: 'approve', body: optional },
    (actor, id, body) => commands.approve(actor, id, body?.reason ?? ''),
  );
  act(api, { name: 'reject', says: 'No, leave it', scope: 'approve', body: reasoned }, (actor, id, body) =>
    commands.reject(actor, id, body.reason),
  );
  act(api, { name: 'abort', says: 'Stop the plan', scope: 'operate', body: reasoned }, (actor, id, body) =>
    commands.abort(actor, id, body.reason),
  );
  act(
    api,
    { name: 'resolve', says: 'A person ended it', scope: 'operate', body: resolution },
    (actor, id, body) => commands.resolve(actor, id, body.as, body.reason, body.resume),
  );
  act(
    api,
    { name: 'comment', says: 'Adds to the story', scope: 'operate', body: z.strictObject({ text: saying }) },
    (actor, id, body) => commands.comment(actor, id, body.text),
  );
}

const resolution = z.strictObject({
  as: z.enum(['fixed_forward', 'stood_down']),
  reason: saying,
  resume: z.boolean().default(false).describe('Also take the undo that is offered'),
});

interface Action<Body extends z.ZodType> {
  readonly name: string;
  readonly says: string;
  readonly scope: Scope;
  readonly body: Body;
}

function act<Body extends z.ZodType>(
  api: Api,
  { name, says, scope, body }: Action<Body>,
  run: (actor: Actor, id: string, body: z.infer<Body>) => Promise<Incident>,
): void {
  api.post(
    `/api/v1/incidents/:id/${name}`,
    {
      config: { access: [scope], idempotent: true, unlimited: true, refuses: [404, 409, 422, 423] },
      schema: {
        summary: says,
        tags: ['incidents'],
        headers: idempotencyHeaders,
        params,
        body,
        response: { 200: incidentReply },
      },
    },
    async (request) => {
      const { id } = params.parse(request.params);
      return representIncident(await run(actorOf(request), id, request.body as z.infer<Body>));
    },
  );
}

function allowFix(api: Api, { commands }: Context): void {
  api.post(
    '/api/v1/incidents/:id/allow',
    {
      config: { access: ['operate'], idempotent: true, refuses: [404, 409, 422] },
      schema: {
        summary: 'Lets a commit (the fix) through the gate that this incident closed',
        tags: ['incidents'],
        headers: idempotencyHeaders,
        params,
        body: z.strictObject({ commit }),
        response: { 200: z.object({ incident: z.string(), commit: z.string() }) },
      },
    },
    async (request) => {
      const incident = request.params.id;
      await commands.allow(actorOf(request), request.body.commit, incident);
      return { incident, commit: request.body.commit };
    },
  );
}
