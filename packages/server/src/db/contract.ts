/**
 * What Cairn needs of a database: PostgreSQL's SQL, transactions, and hints between processes.
 * Two adapters keep this contract, `postgres` and `pglite`, and one suite (`database.conformance.ts`) holds both to it.
 *
 * Values come back in the shapes of the wire: `timestamptz` as RFC 3339 text in UTC, `bigint` as a number, `jsonb` parsed.
 */
export interface Handle {
  /**
   * Runs one statement. `values` fill `$1…`; `name` keeps it prepared on the connection, for hot paths.
   * @returns the rows, and how many were touched.
   * @throws DatabaseError
   */
  query<Row extends object = Record<string, unknown>>(statement: Statement): Promise<Result<Row>>;
  /** Runs a text of several statements without values, as migrations are. */
  exec(text: string): Promise<void>;
}

export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string;
}

export interface Result<Row> {
  readonly rows: Row[];
  readonly count: number;
}

export interface Database extends Handle {
  readonly capabilities: Capabilities;
  /**
   * Runs `work` in one transaction: commits when it resolves, rolls back and rethrows when it rejects.
   * Inside, only the given handle may be used, and only until `work` has ended; the outer one rejects with
   * NestedUseError, because with one connection it would wait for ever.
   * After a failed statement nothing of the transaction can be kept (but from a savepoint on): it rejects with state
   * 25P02 when `work` resolves all the same.
   */
  transaction<T>(work: (tx: Handle) => Promise<T>): Promise<T>;
  /** Sends a hint to every process that listens on this database. Not durable; at most 7,500 bytes. */
  notify(channel: string, payload: string): Promise<void>;
  /**
   * Calls `receive`, which must not throw, for each hint on `channel`, until the answer is called. After a lost
   * connection it listens again and calls `receive(null)` once, since hints may have been missed.
   */
  listen(channel: string, receive: (payload: string | null) => void): Promise<() => Promise<void>>;
  /** Ends all connections, after the statements that are on their way. Safe to call twice. */
  close(): Promise<void>;
}

/** What an adapter can do. Code asks these flags, never which adapter it is. */
export interface Capabilities {
  /** How it is named to people: `PostgreSQL` or `PGlite (embedded)`. */
  readonly label: string;
  /** Statements that can run at the same time. */
  readonly connections: number;
  /** Whether other processes can use the same data at the same time. */
  readonly is_shared: boolean;
}

/** A statement failed. `state` is the SQLSTATE, such as `23505`; the text of the statement is not kept. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly state: string | null;
  readonly constraint: string | null;

  constructor(message: string, state: string | null, constraint: string | null, cause: unknown) {
    super(message, { cause });
    this.state = state;
    this.constraint = constraint;
  }

  /** A row with this key exists already. */
  get is_unique_violation(): boolean {
    return this.state === '23505';
  }

  /** The row that this one refers to does not exist. */
  get is_foreign_key_violation(): boolean {
    return this.state === '23503';
  }

  /** The data itself is at fault (out of range, bad encoding, a constraint, too deep or too large): trying again cannot help. */
  get is_data_error(): boolean {
    return this.state !== null && /^(22|23|54)/.test(this.state);
  }

  /** The connection broke or the server went away: whether the statement took effect is not known. */
  get is_connection_lost(): boolean {
    return this.state === null || this.state.startsWith('08') || this.state.startsWith('57P');
  }
}

/** The outer handle was used inside a transaction. A fault of the program, not of the data. */
export class NestedUseError extends Error {
  override readonly name = 'NestedUseError';
  constructor() {
    super('inside a transaction only its own handle may be used');
  }
}

/** The widest payload of a hint, in bytes: PostgreSQL allows 8,000. */
export const HINT_BYTES = 7_500;
