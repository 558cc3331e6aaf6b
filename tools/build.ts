import { cp, readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Plugin, type PluginContext, rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Commands that read rules, or are the daemon; every other one asks it, and is to be quick. */
const LARGE = ['check', 'config', 'demo', 'doctor', 'rules', 'serve'];
const commands = await readdir(new URL('../src/cli/commands', import.meta.url));

/** The files that each part of the program begins with. */
const PARTS = {
  main: ['src/main.ts'],
  commands: commands
    .filter((file) => !LARGE.includes(file.replace('.ts', '')))
    .map((file) => `src/cli/commands/${file}`),
  rules: ['src/cli/commands/rules.ts', 'src/source-types.ts', 'src/settings/load-settings.ts'],
  daemon: ['src/serve.ts'],
};
type Part = keyof typeof PARTS;
type Graph = Pick<PluginContext, 'getModuleInfo'>;

const modules = new Map<Part, ReadonlySet<string>>();

/** Everything that is loaded with the files of a part, not what they load later. */
function loadedWith(part: Part, graph: Graph): ReadonlySet<string> {
  const known = modules.get(part);
  if (known !== undefined) return known;
  const found = new Set<string>();
  const waiting = PARTS[part].map((file) => `${root}${file}`);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    waiting.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
  }
  modules.set(part, found);
  return found;
}

/** What is loaded together lies together: the daemon's start reads five files, not fifty. */
function chunkOf(id: string, graph: Graph): string | null {
  if (id === `${root}src/main.ts`) return null;
  const isIn = (part: Part) => loadedWith(part, graph).has(id);
  if (isIn('main')) return 'main';
  const isLarge = isIn('rules') || isIn('daemon');
  if (isIn('commands')) return isLarge ? 'shared' : null;
  if (isIn('rules')) return 'rules';
  return isLarge ? 'daemon' : null;
}

/**
 * What packages load and nobody here asks for. Of fastify: its compilers for JSON Schema (ours are named before it
 * looks), HTTP/2, TLS. Of prom-client: what it pushes metrics with.
 */
const UNUSED = /^(@fastify\/(ajv-compiler|fast-json-stringify-compiler)|node:http2|(node:)?https)$/;
const LOADS_IT = /\/(fastify|prom-client)\/lib\//;

const withoutUnused: Plugin = {
  name: 'without what is not used',
  resolveId: {
    filter: { id: UNUSED },
    handler: (_, importer) => (LOADS_IT.test(importer ?? '') ? '\0unused' : null),
  },
  load: { filter: { id: /^\0unused$/ }, handler: () => 'export default undefined;' },
};

/**
 * A text that is ASCII as a whole takes half the memory; escapes mean the same wherever such a letter can stand.
 * Around it the function that `src/loader` calls, and the strictness that modules have by themselves.
 */
const asChunks: Plugin = {
  name: 'as chunks',
  generateBundle(_, bundle) {
    for (const each of Object.values(bundle)) {
      if (each.type !== 'chunk') continue;
      const code = each.code.replace(/[^\0-\x7f]/g, escaped);
      each.code = `(function (exports, require, module, __filename, __dirname) { "use strict"; ${code}\n})`;
    }
  },
};

function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Bundles src/main.ts with its packages into dist/; what is imported lazily stays lazy, in chunks of its own. */
await rm(new URL('../dist', import.meta.url), { recursive: true, force: true });
const bundle = await rolldown({
  cwd: root,
  input: 'src/main.ts',
  platform: 'node',
  transform: { target: 'node24' },
  plugins: [withoutUnused],
  // Compiled add-ons of the SSH client beneath dockerode: it does without them where they cannot be loaded.
  external: /\.node$/,
  preserveEntrySignatures: 'allow-extension',
  checks: { ineffectiveDynamicImport: false },
});
await bundle.write({
  dir: 'dist',
  format: 'cjs',
  minify: true,
  comments: { legal: true, annotation: false, jsdoc: false },
  entryFileNames: '[name].cjs',
  chunkFileNames: 'chunks/[name]-[hash].cjs',
  plugins: [asChunks],
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [{ debugName: 'what is loaded together', name: chunkOf }],
  },
});
/** What loads it, and keeps the code that is compiled of it. */
const start = await rolldown({
  cwd: root,
  input: 'src/start.ts',
  platform: 'node',
  transform: { target: 'node24' },
});
await start.write({ dir: 'dist', format: 'esm', minify: true, entryFileNames: '[name].js' });
// SQL is kept in files, which the chunk that asks by them reads from beside itself.
await cp(
  new URL('../src/adapters/sql-server/sql', import.meta.url),
  new URL('../dist/chunks/sql', import.meta.url),
  { recursive: true },
);
