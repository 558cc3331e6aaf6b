import { type ByteReader, readBytes } from './bytes.ts';
import { MESSAGE, type Message } from './packet.ts';
import { readParameters } from './parameters.ts';

/** What a client asks for after its login. */
export type Request =
  | {
      readonly is: 'query';
      readonly sql: string;
      readonly parameters: Readonly<Record<string, unknown>>;
      readonly types: Readonly<Record<string, string>>;
      /** A procedure's reply has other DONE tokens than a batch's. */
      readonly procedure: boolean;
    }
  | { readonly is: 'begin' | 'commit' | 'rollback' }
  | { readonly is: 'unknown'; readonly what: string };

const BY_NUMBER = 0xffff;
const EXECUTE_SQL = 10;
const TRANSACTIONS = { 5: 'begin', 7: 'commit', 8: 'rollback' } as const;

/** Reads a message of type batch, RPC or transaction manager. Throws where it is torn. */
export function readRequest({ type, payload }: Message): Request {
  const reader = readBytes(payload, payload.readUInt32LE(0));
  if (type === MESSAGE.batch) {
    const sql = reader.text(reader.left() / 2);
    return { is: 'query', sql, parameters: {}, types: {}, procedure: false };
  }
  if (type === MESSAGE.rpc) return readCall(reader);
  const kind = reader.uint16();
  if (kind === 5 || kind === 7 || kind === 8) return { is: TRANSACTIONS[kind] };
  return { is: 'unknown', what: `transaction request ${kind}` };
}

function readCall(reader: ByteReader): Request {
  const length = reader.uint16();
  const called = length === BY_NUMBER ? reader.uint16() : reader.text(length);
  reader.uint16();
  if (typeof called === 'number' && called !== EXECUTE_SQL)
    return { is: 'unknown', what: `procedure number ${called}` };
  const parameters = readParameters(reader);
  const executed = called === EXECUTE_SQL || /^sp_executesql$/i.test(called);
  const own = executed ? parameters.slice(2) : parameters;
  return {
    is: 'query',
    sql: executed ? String(parameters[0]?.value) : `EXEC ${called}`,
    parameters: Object.fromEntries(own.map(({ name, value }) => [name, value])),
    types: Object.fromEntries(own.map(({ name, type: declared }) => [name, declared])),
    procedure: true,
  };
}
