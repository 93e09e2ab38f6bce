import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DatabaseError, type Handle } from '../contract.ts';
import type { Open } from '../database.conformance.ts';

interface Expected {
  readonly what: string;
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly state: string;
  readonly constraint?: string;
  readonly is_data_error: boolean;
}

const TABLES = `
  create table parent (n integer primary key, v varchar(3));
  create table child (n integer references parent, constraint small check (n < 100));
  create table indexed (v text primary key);
  insert into parent values (1, 'one');`;

const CASES: readonly Expected[] = [
  {
    what: 'a second row with the same key',
    text: 'insert into parent values (1)',
    state: '23505',
    constraint: 'parent_pkey',
    is_data_error: true,
  },
  {
    what: 'a reference to nothing',
    text: 'insert into child values (2)',
    state: '23503',
    constraint: 'child_n_fkey',
    is_data_error: true,
  },
  {
    what: 'a check that does not hold',
    text: 'insert into child values (100)',
    state: '23514',
    constraint: 'small',
    is_data_error: true,
  },
  {
    what: 'a null where none may be',
    text: 'insert into parent values (null)',
    state: '23502',
    is_data_error: true,
  },
  {
    what: 'a text that is too long',
    text: "insert into parent values (3, 'four')",
    state: '22001',
    is_data_error: true,
  },
  {
    what: 'a number out of range',
    text: 'select $1::integer',
    values: ['3000000000'],
    state: '22003',
    is_data_error: true,
  },
  { what: 'a division by zero', text: 'select 1/0', state: '22012', is_data_error: true },
  {
    what: 'a text that is no uuid',
    text: 'select $1::uuid',
    values: ['x'],
    state: '22P02',
    is_data_error: true,
  },
  {
    what: 'a text that is no JSON',
    text: 'select $1::jsonb',
    values: ['{'],
    state: '22P02',
    is_data_error: true,
  },
  {
    what: 'a NUL in JSON',
    text: 'select $1::jsonb',
    values: ['"\\u0000"'],
    state: '22P05',
    is_data_error: true,
  },
  {
    what: 'half of a surrogate pair in JSON',
    text: 'select $1::jsonb',
    values: ['"\\ud800"'],
    state: '22P02',
    is_data_error: true,
  },
  {
    what: 'a text that is too large for an index',
    text: "insert into indexed select string_agg(md5(n::text), '') from generate_series(1, 500) as n",
    state: '54000',
    is_data_error: true,
  },
  { what: 'a syntax error', text: 'selec 1', state: '42601', is_data_error: false },
  {
    what: 'a table that is not there',
    text: 'select * from nowhere',
    state: '42P01',
    is_data_error: false,
  },
];

/** What is thrown when a statement fails. */
export function describeErrors(open: Open): void {
  describe('errors', () => {
    it.each(CASES)(
      'name the state of $what',
      async ({ text, values, state, constraint, is_data_error }) => {
        const db = await open();
        await db.exec(TABLES);
        const run = (handle: Handle) => handle.query({ text, ...(values ? { values } : {}) });
        for (const fail of [() => run(db), () => db.transaction(run)]) {
          const error: unknown = await fail().catch((thrown: unknown) => thrown);
          expect(error).toBeInstanceOf(DatabaseError);
          expect(error).toMatchObject({
            state,
            ...(constraint ? { constraint } : {}),
            is_data_error,
            is_connection_lost: false,
            is_unique_violation: state === '23505',
            is_foreign_key_violation: state === '23503',
          });
        }
        expect((await db.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
      },
    );

    it('come from texts of several statements too', async () => {
      const db = await open();
      await db.exec(TABLES);
      await expect(db.exec('select 1; insert into parent values (1)')).rejects.toMatchObject({
        name: 'DatabaseError',
        is_unique_violation: true,
      });
    });

    it('keep neither the statement nor its values', async () => {
      const db = await open();
      await db.exec(TABLES);
      const text = 'select $1::text, 1/0 as distinctive_name';
      const error: unknown = await db
        .query({ text, values: ['distinctive value'] })
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DatabaseError);
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('distinctive');
    });

    it('say of a value that cannot be sent that it is a fault of the program', async () => {
      const db = await open();
      const circle: Record<string, unknown> = {};
      circle['self'] = circle;
      const failing = db.query({ text: 'select $1::jsonb', values: [circle] });
      await expect(failing).rejects.toBeInstanceOf(TypeError);
      expect((await db.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
    });
  });
}
