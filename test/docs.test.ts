import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { anchorsOf, blocksOf, linksOf } from './markdown.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const below = (folder: string, ending: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path));

const PAGES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...below('docs', '.md')];
const MANIFEST = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

describe.each(PAGES)('%s', (page) => {
  test('links to what is there', () => {
    const links = linksOf(read(page)).filter((link) => !/^[a-z]+:/.test(link));
    for (const link of links) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      expect(existsSync(join(ROOT, target)), `${page}: ${link}`).toBe(true);
      if (anchor === undefined || statSync(join(ROOT, target)).isDirectory()) continue;
      expect(anchorsOf(read(target)), `${page}: ${link}`).toContain(anchor);
    }
  });

  test('names npm scripts that there are', () => {
    for (const [, name = ''] of read(page).matchAll(/`?npm run (?:-s )?([\w:-]+)/g)) {
      expect(Object.keys(MANIFEST.scripts), `${page}: npm run ${name}`).toContain(name);
    }
  });
});

describe('README.md', () => {
  test('shows commands that can be run: npm scripts, or commands of rollbackd with their options', () => {
    const known = new Set(below('src/cli/commands', '.ts').map((path) => path.replace(/^.*\/|\.ts$/g, '')));
    const lines = blocksOf(read('README.md'), 'sh').flatMap((block) => block.trim().split('\n'));
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines.map((each) => each.replace(/\s+#.*$/, ''))) {
      const [program, first = ''] = line.split(' ');
      if (program === 'rollbackd') expect([...known], line).toContain(first);
      else
        expect(line, line).toMatch(
          /^(npm ci|npm cit|npm run |docker compose |git clone |cp |compose\/make-secrets)/,
        );
    }
  });

  test('shows a first configuration that is right', () => {
    const [yaml = ''] = blocksOf(read('README.md'), 'yaml');
    const directory = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
    try {
      execFileSync('cp', ['-r', join(ROOT, 'rules'), directory]);
      execFileSync('sh', ['-c', 'cat > rollbackd.yaml'], { cwd: directory, input: yaml });
      const args = ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/main.ts'), 'check'];
      expect(execFileSync(process.execPath, args, { cwd: directory, encoding: 'utf8' })).toContain(
        'production',
      );
    } finally {
      execFileSync('rm', ['-r', directory]);
    }
  });
});

describe('docs/errors.md', () => {
  const codes = new Set(
    below('src', '.ts').flatMap((path) =>
      [...read(path).matchAll(/new Refusal\(\s*'[a-z-]+',\s*'([a-z-]+)'/g)].map(([, code = '']) => code),
    ),
  );
  const explained = new Set(
    [...read('docs/errors.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code = '']) => code),
  );

  test('explains every refusal in the source', () => {
    expect(codes.size).toBeGreaterThan(10);
    expect([...codes].filter((code) => !explained.has(code))).toEqual([]);
  });

  test('explains every problem of the HTTP API', () => {
    const problems = below('src/http', '.ts').flatMap((path) =>
      [...read(path).matchAll(/new Problem\(\s*\d{3},\s*'([a-z-]+)'/g)].map(([, code = '']) => code),
    );
    expect(problems.filter((code) => !explained.has(code))).toEqual([]);
  });
});

describe('docs/faults.md', () => {
  const rows = read('docs/faults.md')
    .split('\n')
    .filter((line) => /^\| (RB|EC|AL)\d\d \|/.test(line));
  const ids = rows.map((row) => row.slice(2, 6));

  test('has every id once', () => {
    const numbered = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(2, '0')}`);
    expect(ids.sort()).toEqual([...numbered('AL', 45), ...numbered('EC', 48), ...numbered('RB', 43)]);
  });

  test('says of each which test shows it, or why none does', () => {
    for (const row of rows) {
      const [, , , , shown = ''] = row.split('|').map((cell) => cell.trim());
      const named = [...shown.matchAll(/`([\w/.-]+\.ts)` "([^"]+)"/g)];
      if (named.length === 0) expect(shown, row).toMatch(/^(not yet|not applicable): \S/);
      for (const [, file = '', title = ''] of named) {
        expect(existsSync(join(ROOT, 'test', file)), `${row}: ${file}`).toBe(true);
        expect(read(join('test', file)), row).toContain(title);
      }
    }
  });
});
