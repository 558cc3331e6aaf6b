import type { Freeze, Known, Mode } from '../../core/facts.ts';
import type { AuditEntry, Switches, Token } from '../../ports/store.ts';
import { type Parts, writeAll, writeCounted } from './parts.ts';
import { switchStatements } from './switch-statements.ts';

const MODE = { table: 'modes', has: ['mode', 'since', 'by'] };
const FREEZE = { table: 'freezes', has: ['id', 'environment', 'from', 'until', 'by'] };
const KNOWN = { table: 'known', has: ['rule', 'kind', 'subject', 'since'] };
const TOKEN = { table: 'tokens', has: ['id', 'hash', 'name', 'scopes', 'revokedAt'] };
const AUDIT = { table: 'audits', has: ['at', 'by', 'what'] };

export function switchStore(parts: Parts): Switches {
  const statements = switchStatements(parts.db);
  return {
    ...modes(parts, statements),
    ...exceptions(parts, statements),
    ...tokens(parts, statements),
    ...ledgers(parts, statements),
  };
}

type Statements = ReturnType<typeof switchStatements>;

function modes({ sqlite, group, bodies }: Parts, statements: Statements) {
  return {
    async mode(environment) {
      return bodies.one<Mode>(sqlite.all(statements.mode({ environment }))[0], MODE);
    },
    setMode: (environment, mode) =>
      writeAll(group, [statements.setMode({ environment, body: JSON.stringify(mode) })]),
    async freezes(environment) {
      const rows = sqlite.all(statements.freezes({ environment }));
      // The end can come later than the freeze was written: it has a column of its own.
      return rows.flatMap((row) => {
        const freeze = bodies.one<Freeze>(row, FREEZE);
        return freeze === undefined ? [] : [{ ...freeze, until: row.until }];
      });
    },
    freeze: (freeze) => {
      const { id, environment, from, until } = freeze;
      return writeAll(group, [
        statements.freeze({ id, environment, from, until, body: JSON.stringify(freeze) }),
      ]);
    },
    unfreeze: async (id, at) => (await writeCounted(group, statements.unfreeze({ id, at }))) === 1,
  } satisfies Partial<Switches>;
}

function exceptions({ sqlite, group, bodies }: Parts, statements: Statements) {
  return {
    async known(environment) {
      return bodies.all<Known>(sqlite.all(statements.known({ environment })), KNOWN);
    },
    know: (environment, known) =>
      writeAll(
        group,
        known.map((each) => {
          const { rule, kind, subject, since } = each;
          return statements.know({ environment, rule, kind, subject, since, body: JSON.stringify(each) });
        }),
      ),
    forget: (environment, kind, subject) =>
      writeAll(group, [statements.forget({ environment, kind, subject })]),
    allow: ({ environment, commit, incident, by, at }) =>
      writeAll(group, [statements.allow({ environment, commit, incident, by, at })]),
    async allowed(environment) {
      return sqlite.all(statements.allowed({ environment }));
    },
  } satisfies Partial<Switches>;
}

function tokens({ sqlite, group, bodies }: Parts, statements: Statements) {
  return {
    async tokenByHash(hash) {
      return bodies.one<Token>(sqlite.all(statements.tokenByHash({ hash }))[0], TOKEN);
    },
    putToken: (token) => {
      const { id, hash, createdAt } = token;
      return writeAll(group, [
        statements.putToken({ id, hash, created_at: createdAt, body: JSON.stringify(token) }),
      ]);
    },
    async tokens() {
      return bodies.all<Token>(sqlite.all(statements.tokens({})), TOKEN);
    },
  } satisfies Partial<Switches>;
}

function ledgers({ sqlite, group, bodies }: Parts, statements: Statements) {
  return {
    remember: (key, answer, at) =>
      group.write({
        steps: [
          { statement: statements.remember({ key, answer, at }) },
          { statement: statements.remembered({ key }) },
        ],
        answer: ([first, before]) => {
          const said = before?.rows[0]?.answer;
          return first?.changes === 1 || typeof said !== 'string' ? undefined : said;
        },
      }),
    answer: (key, answer) => writeAll(group, [statements.answer({ key, answer })]),
    audit: (entry) => writeAll(group, [statements.audit({ at: entry.at, body: JSON.stringify(entry) })]),
    async audits(limit) {
      return bodies.all<AuditEntry>(sqlite.all(statements.audits({ limit })), AUDIT);
    },
    async get(key) {
      return sqlite.all(statements.get({ key }))[0]?.value;
    },
    set: (key, value) => writeAll(group, [statements.set({ key, value })]),
  } satisfies Partial<Switches>;
}
