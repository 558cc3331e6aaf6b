import type { TdsReply } from './reply.ts';
import { DONE, done, error, info, returnStatus, table } from './tokens.ts';

/** The tokens of a reply, in the order in which SQL Server says them. Throws on a value that its column cannot hold. */
export function encodeReply(reply: TdsReply, procedure: boolean): Buffer {
  const { infos = [], sets = [], affected = [], errors = [] } = reply;
  const statements = [
    ...sets.map((set) => ({ tokens: table(set), rows: set.rows.length })),
    ...affected.map((rows) => ({ tokens: Buffer.alloc(0), rows })),
  ];
  const ending = [
    ...errors.map(error),
    ...endOf(procedure, { errors: errors.length, statements: statements.length }),
  ];
  const parts = statements.flatMap(({ tokens, rows }, index) => {
    const more = index < statements.length - 1 || ending.length > 0 ? DONE.more : 0;
    return [tokens, done(procedure ? 'in-procedure' : 'done', DONE.count | more, rows)];
  });
  return Buffer.concat([...infos.map(info), ...parts, ...ending]);
}

/** A batch ends with the DONE of its last statement, or with one of its own where it failed or had none. */
function endOf(
  procedure: boolean,
  { errors, statements }: { readonly errors: number; readonly statements: number },
): readonly Buffer[] {
  const status = errors > 0 ? DONE.error : 0;
  if (procedure) return [returnStatus(), done('procedure', status)];
  return errors > 0 || statements === 0 ? [done('done', status)] : [];
}
