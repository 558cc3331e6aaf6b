import * as z from 'zod';
import type { Api } from './context.ts';
import { DOCS_STYLE, renderDocs } from './docs-page.ts';
import { type ApiDocument, openApiOf } from './openapi.ts';

const served = { config: { access: 'everybody' as const }, schema: { hide: true } };

/** The documentation of this API: as OpenAPI, and as a page that loads nothing from elsewhere and runs no script. */
export function docs(api: Api): void {
  let made: ApiDocument | null = null;
  const document = (): ApiDocument => {
    made ??= openApiOf(api);
    return made;
  };
  api.get(
    '/docs/openapi.json',
    {
      config: { access: 'everybody' },
      schema: { summary: 'This document', tags: ['lifecycle'], response: { 200: z.looseObject({}) } },
    },
    async (_request, reply) => reply.type('application/json; charset=utf-8').send({ ...document() }),
  );
  api.get('/docs', served, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(renderDocs(document())),
  );
  api.get('/docs/style.css', served, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(DOCS_STYLE),
  );
}
