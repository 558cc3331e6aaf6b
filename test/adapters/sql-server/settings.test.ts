import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { SqlServerSettings } from '../../../src/adapters/sql-server/options.ts';
import { describeCheck, loadSettings } from '../../../src/settings/load-settings.ts';
import { SOURCE_TYPES } from '../../../src/source-types.ts';
import { removeDirectory } from '../../fakes/directory.ts';

const RULES = `matrix:
  - { severity: "*", impact: "*", tier: "*", do: monitor }
ladder:
  - { level: L1, after: 0m, contacts: [roger], via: [mail] }
`;

const AROUND = (source: string) => `state: { sqlite: ./state.db }
git:
  identity: { name: rollbackd, email: rollbackd@example.com }
people:
  roger: { email: roger@example.com }
notifiers:
  mail: { smtp: { host: smtp.example.com }, from: rollbackd@example.com }
sources:
  dbt-prod: { type: dbt, target: ./target, expect_every: 1h }
  sql-prod:
    type: sql-server
    server: db.example.com
    user: watcher
${source}
environments:
  production:
    tier: production
    repository: { remote: ./remote.git, paths: [dbt/] }
    runs: work-tree
    work_tree: { path: ./tree }
    required: [dbt-prod]
    sources: [dbt-prod, sql-prod]
`;

function load(source: string): { own: SqlServerSettings | undefined; said: string; directory: string } {
  const directory = mkdtempSync(join(tmpdir(), 'rollbackd-sql-'));
  onTestFinished(() => removeDirectory(directory));
  const file = join(directory, 'rollbackd.yaml');
  const lines = source.split('\n').map((line) => `    ${line}`);
  writeFileSync(file, AROUND(lines.join('\n')));
  mkdirSync(join(directory, 'rules'));
  writeFileSync(join(directory, 'rules/policy.yaml'), RULES);
  const loaded = loadSettings(file, {}, SOURCE_TYPES);
  const own = loaded.settings?.sources.get('sql-prod')?.own as SqlServerSettings | undefined;
  return { own, said: describeCheck(loaded).text, directory };
}

test('what is not said is filled in: encrypted, distrusting, everything of the manifest', () => {
  const { own, said } = load('password: right horse\ndatabases: [shop]');

  expect(said).not.toContain('right horse');
  expect(own).toMatchObject({
    server: {
      host: 'db.example.com',
      port: 1_433,
      encrypt: true,
      trustServerCertificate: false,
      caFile: null,
    },
    databases: ['shop'],
    canaries: [],
    rows: { relations: null, views: 'count', mayBeEmpty: [] },
    freshness: [],
    freshnessClock: 'utc',
    queryStore: { enabled: true, minExecutions: 10, top: 50 },
    suspectPages: true,
  });
});

test('everything can be said, with paths from the directory of the file and a password that is read when it is used', () => {
  const { own, said, directory } = load(`port: 14330
password_file: ./secret
databases: [shop, other]
trust_server_certificate: true
ca_file: ./ca.pem
canaries:
  orders: { query: "SELECT 1 AS one", timeout: 5s }
  more: { query_file: ./more.sql, database: other }
rows: { relations: [gold.orders, other.gold.more], views: skip, may_be_empty: ["bronze.*"] }
freshness: { gold.orders: loaded_at, "[a.b].[c]": "d e" }
freshness_clock: server
query_store: { enabled: false, min_executions: 3 }
suspect_pages: false`);
  writeFileSync(join(directory, 'secret'), 'right horse\n');

  expect(own, said).toMatchObject({
    server: { port: 14_330, trustServerCertificate: true, caFile: join(directory, 'ca.pem') },
    canaries: [
      { name: 'orders', query: { text: 'SELECT 1 AS one' }, database: 'shop', timeout: 5_000 },
      { name: 'more', query: { file: join(directory, 'more.sql') }, database: 'other', timeout: 10_000 },
    ],
    rows: { relations: ['gold.orders', 'other.gold.more'], views: 'skip', mayBeEmpty: ['bronze.*'] },
    freshness: [
      { relation: 'gold.orders', column: 'loaded_at' },
      { relation: '[a.b].[c]', column: 'd e' },
    ],
    queryStore: { enabled: false, minExecutions: 3 },
  });
  expect(own?.server.password.reveal()).toBe('right horse');
});

test.each([
  ['no password', 'databases: [shop]', 'needs a password'],
  ['no database', 'password: x\ndatabases: []', 'may not be empty'],
  ['a canary that changes something', canary('query: DELETE FROM t'), 'begins with SELECT or WITH'],
  ['a canary with two queries', canary('query: SELECT 1, query_file: ./x'), 'either query or query_file'],
  ['a canary without a query', canary('timeout: 5s'), 'either query or query_file'],
  ['a canary elsewhere', canary('query: SELECT 1, database: away'), '"away" is none of the databases'],
  ['a canary that takes too long', canary('query: SELECT 1, timeout: 20s'), 'at most 15s, or a longer poll'],
  [
    'a relation without a schema',
    'password: x\ndatabases: [a]\nrows: { relations: [orders] }',
    'is not a relation',
  ],
  ['an age without a schema', 'password: x\ndatabases: [a]\nfreshness: { orders: at }', 'is not a relation'],
])('%s is refused with words', (_, source, words) => {
  const { own, said } = load(source);

  expect(own).toBeUndefined();
  expect(said).toContain(words);
});

function canary(fields: string): string {
  return `password: x\ndatabases: [shop]\ncanaries: { one: { ${fields} } }`;
}
