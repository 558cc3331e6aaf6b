import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

/** Every source file with what it imports: paths from the root for ours, names for packages. */
const files: readonly SourceFile[] = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(join('src', name)));

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const found = text.matchAll(/^(?:import|export|\}).*?from '([^']+)'|import\('([^']+)'\)/gm);
  const imports = [...found].map(([, fixed, lazy]) => resolve(path, fixed ?? lazy ?? ''));
  return { path, text, imports };
}

function resolve(path: string, name: string): string {
  return name.startsWith('.') ? relative(root, join(root, dirname(path), name)) : name;
}

const layerOf = (path: string): string => path.split('/')[1] ?? '';
const adapterOf = (path: string): string => path.split('/').slice(0, 3).join('/');
const isNode = (name: string): boolean => name.startsWith('node:');
const isPackage = (name: string): boolean => !name.startsWith('src/') && !isNode(name);

/** Who may import what: the table of ARCHITECTURE.md. */
const ALLOWED: Readonly<Record<string, (file: SourceFile, name: string) => boolean>> = {
  core: (_, name) => name.startsWith('src/core/'),
  runbooks: (_, name) => name.startsWith('src/core/') || name.startsWith('src/runbooks/'),
  ports: (_, name) => name.startsWith('src/core/') || name.startsWith('src/ports/'),
  rules: (_, name) =>
    ['src/core/', 'src/rules/'].some((folder) => name.startsWith(folder)) ||
    ['yaml', '@marcbachmann/cel-js', 'node:crypto'].includes(name),
  calls: (_, name) => name.startsWith('src/core/') || name.startsWith('src/calls/') || isNode(name),
  settings: (_, name) =>
    ['src/core/', 'src/ports/', 'src/rules/', 'src/settings/'].some((folder) => name.startsWith(folder)) ||
    ['zod', 'yaml'].includes(name) ||
    isNode(name),
  engine: (_, name) =>
    ['src/core/', 'src/runbooks/', 'src/ports/', 'src/engine/'].some((folder) => name.startsWith(folder)) ||
    name === 'node:crypto',
  adapters: (file, name) =>
    ['src/core/', 'src/ports/', 'src/calls/', `${adapterOf(file.path)}/`].some((folder) =>
      name.startsWith(folder),
    ) ||
    (file.path.endsWith('/source-type.ts') && /^src\/(rules|settings)\//.test(name)) ||
    isNode(name) ||
    isPackage(name),
  http: (_, name) =>
    ['src/core/', 'src/ports/', 'src/rules/', 'src/settings/', 'src/http/'].some((folder) =>
      name.startsWith(folder),
    ) ||
    isNode(name) ||
    isPackage(name),
  loader: (_, name) => name.startsWith('src/loader/') || isNode(name),
  cli: (_, name) =>
    ['src/core/', 'src/ports/', 'src/rules/', 'src/settings/', 'src/cli/', 'src/http/tokens.ts'].some(
      (folder) => name.startsWith(folder),
    ) ||
    isNode(name) ||
    isPackage(name),
};

describe('the layers', () => {
  for (const [layer, allows] of Object.entries(ALLOWED)) {
    test(`${layer} imports only what the table allows`, () => {
      const wrong = files
        .filter((file) => layerOf(file.path) === layer)
        .flatMap((file) =>
          file.imports.filter((name) => !allows(file, name)).map((name) => `${file.path} -> ${name}`),
        );

      expect(wrong).toEqual([]);
    });
  }

  test('every layer of the table exists, so that no rule is about nothing', () => {
    for (const layer of Object.keys(ALLOWED)) {
      expect(
        files.some((file) => layerOf(file.path) === layer),
        layer,
      ).toBe(true);
    }
  });
});

/** Comments may speak of anything; code may not. */
function code(file: SourceFile): string {
  return file.text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '');
}

describe('the heart is pure', () => {
  const pure = files.filter((file) => ['core', 'runbooks'].includes(layerOf(file.path)));
  const banned = [
    /\basync\b/,
    /\bawait [\w(]/,
    /\bDate\.now\b/,
    /\bnew Date\b/,
    /\bMath\.random\b/,
    /\bprocess\./,
  ];

  for (const pattern of banned) {
    test(`core and runbooks never say ${pattern.source}`, () => {
      expect(pure.filter((file) => pattern.test(code(file))).map((file) => file.path)).toEqual([]);
    });
  }
});

test('only main.ts and start.ts say "process" of the running one, and the adapters that start others', () => {
  const allowed = (path: string) =>
    path === 'src/main.ts' || path === 'src/start.ts' || path.startsWith('src/adapters/');
  const wrong = files.filter(
    (file) => !allowed(file.path) && /\bprocess\.(argv|exit|on|stdout|stderr|env|cwd)\b/.test(code(file)),
  );

  expect(wrong.map((file) => file.path)).toEqual([]);
});

test('the engine names no vendor', () => {
  const vendors = /github|airflow|sqlserver|mssql|smtp|nodemailer|docker|prometheus|sqlite/i;
  const wrong = files.filter((file) => layerOf(file.path) === 'engine' && vendors.test(code(file)));

  expect(wrong.map((file) => file.path)).toEqual([]);
});

test('ports are types: nothing in them runs, but for the one error they share', () => {
  const wrong = files
    .filter((file) => layerOf(file.path) === 'ports')
    .filter((file) => /\bfunction\b|=>\s*\{|\bconst\b/.test(code(file)));

  expect(wrong.map((file) => file.path)).toEqual([]);
});

test('no file is a drawer, and none is longer than 250 lines', () => {
  const drawers = files.filter((file) =>
    /(^|\/)(utils?|helpers?|manager|types|common|misc)\.ts$/.test(file.path),
  );
  const long = files.filter((file) => file.text.split('\n').length > 251).map((file) => file.path);

  expect(drawers.map((file) => file.path)).toEqual([]);
  expect(long).toEqual([]);
});

test('no function is longer than 60 lines', () => {
  const long = files.flatMap((file) => longFunctions(file).map((at) => `${file.path}:${at}`));

  expect(long).toEqual([]);
});

/** Lines where a function or method begins that ends more than 60 lines below, by its indentation. */
function longFunctions(file: SourceFile): readonly number[] {
  const lines = file.text.split('\n');
  const starts = /^(\s*)(export )?(async )?(function\b|(static |async |#)?[\w#]+\([^)]*\)(: [^=]+)? \{$)/;
  return lines.flatMap((line, index) => {
    const indent = starts.exec(line)?.[1];
    if (indent === undefined || /^\s*(if|for|while|switch|test|describe)\b/.test(line)) return [];
    const length = lines.slice(index + 1).findIndex((each) => each.startsWith(`${indent}}`)) + 1;
    return length > 60 ? [index + 1] : [];
  });
}
