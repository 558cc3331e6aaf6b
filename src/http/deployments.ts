import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { type Duration, seconds } from '../core/time.ts';
import type { Commands, DeploymentState, Queries } from '../ports/control.ts';
import { actorOf } from './authentication.ts';
import type { Api, Context } from './context.ts';
import {
  commit,
  configuredName,
  durationUpTo,
  instant,
  limit,
  note,
  opaqueId,
  refName,
  saying,
} from './fields.ts';
import { idempotencyHeaders } from './idempotency.ts';
import { Problem } from './problem.ts';
import {
  type DeploymentStateReply,
  deploymentReply,
  deploymentStateReply,
  representDeployment,
  representDeploymentState,
} from './representation/deployment.ts';

const LONGEST_WAIT = seconds(60);
/** Nothing runs the commit yet: asking again every half minute is enough. */
const NOT_RUNNING_RETRY = '30';

const announcement = z.strictObject({
  environment: configuredName,
  commit,
  state: z.enum(['started', 'succeeded', 'failed']),
  at: instant.optional().describe('When it happened; now where it is not said'),
  ref: refName.nullable().optional(),
  run_url: note.nullable().optional(),
});

const ruling = z.strictObject({ verdict: z.enum(['good', 'bad', 'unverified']), reason: saying });

const wait = durationUpTo(LONGEST_WAIT).optional().describe('How long to wait for the verdict, at most 60s');

/** What ran where, what pipelines say of it, and what it was found to be. */
export function deployments(api: Api, context: Context): void {
  announce(api, context);
  list(api, context);
  verdictById(api, context);
  verdictByCommit(api, context);
  rule(api, context);
}

function announce(api: Api, { commands, now }: Context): void {
  const announced = z.object({
    deployment: z.string().nullable().describe('Null while the authority does not run it yet'),
    duplicate: z.boolean(),
  });
  api.post(
    '/api/v1/deployments',
    {
      config: { access: ['deploy'], idempotent: true, refuses: [404, 409, 422] },
      schema: {
        summary: 'A pipeline says that a deployment started, succeeded or failed',
        tags: ['deployments'],
        headers: idempotencyHeaders,
        body: announcement,
        response: { 200: announced.describe('Said before'), 202: announced },
      },
    },
    async (request, reply) => {
      const said = request.body;
      const receipt = await commands.announce(actorOf(request), {
        environment: said.environment,
        commit: said.commit,
        state: said.state,
        at: said.at ?? now(),
        ref: said.ref ?? null,
        runUrl: said.run_url ?? null,
      });
      return reply.code(receipt.duplicate ? 200 : 202).send({ ...receipt });
    },
  );
}

function list(api: Api, { queries }: Context): void {
  api.get(
    '/api/v1/deployments',
    {
      config: { access: ['read'], refuses: [404] },
      schema: {
        summary: 'Deployments, newest first',
        tags: ['deployments'],
        querystring: z.object({ environment: configuredName.optional(), commit: commit.optional(), limit }),
        response: { 200: z.object({ deployments: z.array(deploymentReply) }) },
      },
    },
    async ({ query }) => {
      const names = query.environment === undefined ? await environmentsOf(queries) : [query.environment];
      const lists = await Promise.all(
        names.map((name) => queries.deployments(name, query.commit ? 500 : query.limit)),
      );
      const found = lists
        .flat()
        .filter((each) => query.commit === undefined || runsCommit(each, query.commit))
        .sort((a, b) => b.deployedAt - a.deployedAt || b.sequence - a.sequence);
      return { deployments: found.slice(0, query.limit).map(representDeployment) };
    },
  );
}

function verdictById(api: Api, context: Context): void {
  api.get(
    '/api/v1/deployments/:id',
    {
      config: { access: ['read'], refuses: [404, 409, 503, 504] },
      schema: {
        summary: 'The verdict. With wait: 200 good, 409 bad or rolled back, 504 undecided',
        tags: ['deployments'],
        params: z.object({ id: opaqueId }),
        querystring: z.object({ wait }),
        response: { 200: deploymentStateReply.describe('Good; without `wait`: whatever it is') },
      },
    },
    async (request, reply) => {
      const state = await ask(request, { context, id: request.params.id, wait: request.query.wait ?? 0 });
      return request.query.wait === undefined ? representDeploymentState(state) : verdictOf(state, reply);
    },
  );
}

/** For pipelines, which know their commit and not yet which deployment it will be. */
function verdictByCommit(api: Api, context: Context): void {
  api.get(
    '/api/v1/verdict/:environment',
    {
      config: { access: ['read'], refuses: [404, 409, 503, 504] },
      schema: {
        summary:
          'The verdict on a commit: 200 good, 409 bad or rolled back, 504 undecided or not running yet',
        tags: ['deployments'],
        params: z.object({ environment: configuredName }),
        querystring: z.object({ commit, wait }),
        response: { 200: deploymentStateReply },
      },
    },
    async (request, reply) => {
      const { environment } = request.params;
      const newest = (await context.queries.deployments(environment, 500))
        .filter((each) => runsCommit(each, request.query.commit))
        .sort((a, b) => b.sequence - a.sequence)[0];
      if (newest === undefined) throw notRunning(environment);
      return verdictOf(await ask(request, { context, id: newest.id, wait: request.query.wait ?? 0 }), reply);
    },
  );
}

function rule(api: Api, { queries, commands, closing }: Context): void {
  api.post(
    '/api/v1/deployments/:id/verdict',
    {
      config: { access: ['operate'], idempotent: true, refuses: [404, 409, 422] },
      schema: {
        summary: 'A person rules on a deployment; also lifts a quarantine',
        tags: ['deployments'],
        headers: idempotencyHeaders,
        params: z.object({ id: opaqueId }),
        body: ruling,
        response: { 200: deploymentReply },
      },
    },
    async (request) => {
      const { deployment } = await queries.deployment(request.params.id, 0, closing);
      const said: Parameters<Commands['rule']>[1] = {
        environment: deployment.environment,
        deployment: deployment.id,
        ...request.body,
      };
      return representDeployment(await commands.rule(actorOf(request), said));
    },
  );
}

/** Waits for the verdict until the client is gone, the time is over or the server closes. */
async function ask(
  request: FastifyRequest,
  { context, id, wait }: { context: Context; id: string; wait: Duration },
): Promise<DeploymentState> {
  const abort = AbortSignal.any([request.signal, context.closing]);
  return context.queries.deployment(id, wait, abort);
}

function verdictOf(state: DeploymentState, reply: FastifyReply): DeploymentStateReply {
  const said = representDeploymentState(state);
  const members = { ...said };
  if (state.decided === 'good') {
    reply.code(200);
    return said;
  }
  if (state.decided !== null)
    throw new Problem(409, `deployment-${state.decided}`, state.because, { members });
  throw new Problem(504, 'undecided', state.because, { members, headers: { 'retry-after': '1' } });
}

function notRunning(environment: string): Problem {
  return new Problem(504, 'not-running-yet', `This commit has not been seen running in ${environment} yet.`, {
    headers: { 'retry-after': NOT_RUNNING_RETRY },
  });
}

function runsCommit(deployment: { commit: string; alsoSeen: readonly string[] }, wanted: string): boolean {
  return deployment.commit === wanted || deployment.alsoSeen.includes(wanted);
}

async function environmentsOf(queries: Queries): Promise<readonly string[]> {
  return (await queries.environments()).map(({ environment }) => environment);
}
