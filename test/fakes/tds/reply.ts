/** The type of a column, as one would write it in SQL. Without a size: `nvarchar(4000)`, `varchar(8000)`, `decimal(18,4)`, scale 7. */
export type TdsType =
  | 'tinyint'
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'bit'
  | 'float'
  | 'decimal'
  | `decimal(${number},${number})`
  | 'varchar'
  | `varchar(${number | 'max'})`
  | 'nvarchar'
  | `nvarchar(${number | 'max'})`
  | `varbinary(${number | 'max'})`
  | 'date'
  | 'datetime'
  | 'datetime2'
  | `datetime2(${number})`
  | 'datetimeoffset'
  | `datetimeoffset(${number})`
  | 'uniqueidentifier';

/** An ERROR token, or an INFO token with a number. State is 1, class 16 and line 1 where they are not said. */
export interface TdsError {
  readonly number: number;
  readonly message: string;
  readonly state?: number;
  /** The severity. From 20 on the server closes the connection after the reply, as SQL Server does. */
  readonly class?: number;
  readonly procedure?: string;
  readonly line?: number;
}

/** One table of a reply. Times are a Date or ISO text, decimals may be text, bigint a number, text or bigint. */
export interface TdsSet {
  readonly columns: readonly { readonly name: string; readonly type: TdsType }[];
  readonly rows: readonly (readonly unknown[])[];
}

/** What the server says to one query: infos, then the sets, then the counts of changed rows, then the errors. */
export interface TdsReply {
  readonly sets?: readonly TdsSet[];
  /** Rows that statements without a table changed, one number a statement. */
  readonly affected?: readonly number[];
  readonly errors?: readonly TdsError[];
  readonly infos?: readonly (string | TdsError)[];
  /** Milliseconds before the first byte. A cancel in that time is acknowledged. */
  readonly delay?: number;
  /**
   * `never`: no reply, but a cancel is acknowledged, as of a query that is blocked. `deaf`: not even that. `cut`: the
   * connection ends before the reply; `cut-midway`: after half its bytes. `garbage`: a packet of no known token.
   */
  readonly fault?: 'never' | 'deaf' | 'cut' | 'cut-midway' | 'garbage';
}

/** One query as the server understood it. */
export interface TdsQuery {
  /** The text of a batch, or of sp_executesql; `EXEC name` for a procedure called by RPC; `BEGIN TRANSACTION` and such. */
  readonly sql: string;
  /** By name, without `@`. bigint as bigint, decimal as text, times as Date. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The declared types, for example `nvarchar(4000)`, `decimal(18,4)`, `datetime2(7)`. */
  readonly types: Readonly<Record<string, string>>;
  readonly database: string;
  readonly user: string;
}
