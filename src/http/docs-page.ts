import type { ApiDocument } from './openapi.ts';

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema?: unknown;
  }[];
  readonly requestBody?: { readonly content?: Content };
  readonly responses?: Readonly<
    Record<string, { readonly description?: string; readonly content?: Content }>
  >;
}

type Content = Readonly<Record<string, { readonly schema?: unknown }>>;

/** Renders the API's description as one static page. */
export function renderDocs(document: ApiDocument): string {
  const operations = operationsOf(document);
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  const title = escapeHtml(`${document.info?.title ?? ''} ${document.info?.version ?? ''}`);
  const sections = tags.map((tag) => {
    const shown = operations.filter((each) => each.tag === tag).map(renderOperation);
    return `<section id="${escapeHtml(tag)}"><h2>${escapeHtml(tag)}</h2>${shown.join('')}</section>`;
  });
  const links = tags.map((tag) => `<a href="#${escapeHtml(tag)}">${escapeHtml(tag)}</a>`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: HTTP API</title><link rel="stylesheet" href="/docs/style.css"></head>
<body><main><h1>${title}</h1><p>${escapeHtml(document.info?.description ?? '')}
For programs: <a href="/docs/openapi.json">openapi.json</a>.</p>
<nav>${links.join(' ')}</nav>${sections.join('\n')}</main></body>
</html>
`;
}

interface Shown {
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly operation: Operation;
}

function operationsOf(document: ApiDocument): readonly Shown[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      tag: operation.tags?.[0] ?? 'other',
      operation,
    })),
  );
}

function renderOperation({ method, path, operation }: Shown): string {
  const parameters = (operation.parameters ?? []).map(
    (each) =>
      `<li><code>${escapeHtml(each.name)}</code> in ${escapeHtml(each.in)}${each.required ? ', required' : ''}. ${escapeHtml(each.description ?? '')}</li>`,
  );
  return `<article><h3><code>${method} ${escapeHtml(path)}</code></h3>
<p>${escapeHtml(operation.summary ?? '')}. ${escapeHtml(operation.description ?? '')}</p>
<p class="who">${escapeHtml(whoMay(operation))}</p>
${parameters.length === 0 ? '' : `<ul>${parameters.join('')}</ul>`}
${renderContents('Request', operation.requestBody?.content)}
${renderReplies(operation)}</article>`;
}

function renderReplies({ responses = {} }: Operation): string {
  const lines = Object.entries(responses).map(
    ([status, { description }]) =>
      `<li><code>${escapeHtml(status)}</code> ${escapeHtml(description ?? '')}</li>`,
  );
  const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const bodies = good.map(([status, { content }]) => renderContents(`Reply ${status}`, content));
  return `<ul>${lines.join('')}</ul>${bodies.join('')}`;
}

function renderContents(label: string, content: Content | undefined): string {
  return Object.entries(content ?? {})
    .map(([type, { schema }]) => {
      const text = JSON.stringify(schema ?? {}, null, 2);
      return `<details><summary>${escapeHtml(label)}: ${escapeHtml(type)}</summary><pre>${escapeHtml(text)}</pre></details>`;
    })
    .join('');
}

function whoMay({ security = [] }: Operation): string {
  if (security.length === 0) return 'Open to everybody.';
  const ways = security.flatMap((each) =>
    Object.entries(each).map(([scheme, scopes]) =>
      scopes.length === 0 ? `signature (${scheme})` : `token with scope ${scopes.join(', ')}`,
    ),
  );
  return `Needs: ${ways.join(' or ')}.`;
}

function escapeHtml(text: string): string {
  const ENTITIES: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** The page's only style. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 56rem; margin: 0 auto; padding: 1rem; }
nav { display: flex; flex-wrap: wrap; gap: .75rem; }
article { border-top: 1px solid #8886; padding: .5rem 0; }
h3 { margin: .5rem 0; font-size: 1rem; overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, monospace; font-size: .9rem; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8886; border-radius: 4px; }
.who { color: GrayText; }
summary { cursor: pointer; }
`;
