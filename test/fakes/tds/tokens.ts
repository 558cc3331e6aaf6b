import { number, varchar } from './bytes.ts';
import { COLLATION, codecOf } from './columns.ts';
import type { TdsError, TdsSet } from './reply.ts';

/** The bits of DONE's status that are used here (MS-TDS 2.2.7.6). */
export const DONE = { more: 0x01, error: 0x02, count: 0x10, attention: 0x20 } as const;

const NULLABLE_UPDATABLE = 0x09;
const SERVER = 'stand-in';

/** DONE ends a batch, DONEINPROC a statement in a procedure, DONEPROC the procedure. */
export function done(token: 'done' | 'in-procedure' | 'procedure', status: number, rows = 0): Buffer {
  const type = { done: 0xfd, procedure: 0xfe, 'in-procedure': 0xff }[token];
  return Buffer.concat([number(type, 1), number(status, 2), number(0, 2), number(rows, 8)]);
}

/** RETURNSTATUS of a procedure that went well. */
export function returnStatus(): Buffer {
  return Buffer.concat([number(0x79, 1), number(0, 4)]);
}

/** An ERROR token (MS-TDS 2.2.7.10). */
export function error(said: TdsError): Buffer {
  return message(0xaa, { ...said, class: said.class ?? 16 });
}

/** An INFO token (MS-TDS 2.2.7.13); plain text is what PRINT gives. */
export function info(said: string | TdsError): Buffer {
  return message(
    0xab,
    typeof said === 'string' ? { number: 0, message: said, class: 0 } : { class: 0, ...said },
  );
}

function message(type: number, said: TdsError): Buffer {
  const content = Buffer.concat([
    number(said.number, 4),
    number(said.state ?? 1, 1),
    number(said.class ?? 0, 1),
    varchar(said.message, 2),
    varchar(SERVER, 1),
    varchar(said.procedure ?? '', 1),
    number(said.line ?? 1, 4),
  ]);
  return Buffer.concat([number(type, 1), number(content.length, 2), content]);
}

/** The session's database is another. */
export function databaseChanged(now: string, before: string): Buffer {
  return changed(1, varchar(now, 1), varchar(before, 1));
}

/** Packets may be of another size from the next message on, in bytes. */
export function packetSizeChanged(now: number, before: number): Buffer {
  return changed(4, varchar(String(now), 1), varchar(String(before), 1));
}

/** The collation that texts without one of their own have. */
export function collationChanged(): Buffer {
  return changed(7, Buffer.concat([number(5, 1), COLLATION]), number(0, 1));
}

/** A transaction began (8), was committed (9) or rolled back (10); its descriptor has eight bytes. */
export function transactionChanged(type: 8 | 9 | 10, descriptor: Buffer): Buffer {
  const named = Buffer.concat([number(8, 1), descriptor]);
  return type === 8 ? changed(type, named, number(0, 1)) : changed(type, number(0, 1), named);
}

/** The answer to a message with the reset bit. */
export function connectionReset(): Buffer {
  return changed(18, number(0, 1), number(0, 1));
}

function changed(type: number, now: Buffer, before: Buffer): Buffer {
  const content = Buffer.concat([number(type, 1), now, before]);
  return Buffer.concat([number(0xe3, 1), number(content.length, 2), content]);
}

/** The server's yes to a login: TDS 7.4, SQL Server 2022 by its number. */
export function loginAck(): Buffer {
  const version = Buffer.from('74000004', 'hex');
  const program = Buffer.concat([varchar('Microsoft SQL Server', 1), Buffer.from([16, 0, 0x10, 0x2f])]);
  const content = Buffer.concat([number(1, 1), version, program]);
  return Buffer.concat([number(0xad, 1), number(content.length, 2), content]);
}

/** COLMETADATA and a ROW, or NBCROW where something is null, for each row. Throws on a value that does not fit. */
export function table({ columns, rows }: TdsSet): Buffer {
  const codecs = columns.map(({ type }) => codecOf(type));
  const described = columns.map(({ name }, index) =>
    Buffer.concat([
      number(0, 4),
      number(NULLABLE_UPDATABLE, 2),
      codecs[index]?.typeInfo ?? Buffer.alloc(0),
      varchar(name, 1),
    ]),
  );
  const written = rows.map((row) => {
    if (row.length !== columns.length)
      throw new TypeError(`a row of ${row.length} values for ${columns.length} columns`);
    const values = row.map((value, index) =>
      value === null ? Buffer.alloc(0) : (codecs[index]?.write(value) ?? Buffer.alloc(0)),
    );
    return Buffer.concat([rowStart(row), ...values]);
  });
  return Buffer.concat([number(0x81, 1), number(columns.length, 2), ...described, ...written]);
}

function rowStart(row: readonly unknown[]): Buffer {
  if (!row.includes(null)) return number(0xd1, 1);
  const nulls = Buffer.alloc(Math.ceil(row.length / 8));
  for (const [index, value] of row.entries()) {
    if (value === null) nulls[index >> 3] = (nulls[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return Buffer.concat([number(0xd2, 1), nulls]);
}
