import type { Statement } from './contract.ts';

// The mark of what the tag made. JSON that a caller sends can have every other property of a piece, but not this one.
const MADE = Symbol('made by sql');

/** A piece of SQL with its values, made by the `sql` tag. Pieces nest; values never become text. */
export interface Sql extends Statement {
  readonly [MADE]: true;
  readonly pieces: readonly string[];
  readonly values: readonly unknown[];
}

/**
 * Composes SQL: ``sql`a = ${1} and ${sql`b = ${2}`}` `` is `a = $1 and b = $2` with two values.
 * An interpolated value is always a parameter, so nothing that a caller sends can become SQL.
 */
export function sql(strings: TemplateStringsArray, ...interpolated: unknown[]): Sql {
  const pieces: string[] = [strings[0] ?? ''];
  const values: unknown[] = [];
  interpolated.forEach((value, index) => {
    const after = strings[index + 1] ?? '';
    if (isSql(value)) {
      append(pieces, value.pieces[0] ?? '');
      pieces.push(...value.pieces.slice(1));
      values.push(...value.values);
      append(pieces, after);
    } else {
      values.push(value);
      pieces.push(after);
    }
  });
  return {
    [MADE]: true,
    pieces,
    values,
    text: pieces.reduce((text, piece, index) => `${text}$${index}${piece}`),
  };
}

function append(pieces: string[], text: string): void {
  pieces.push((pieces.pop() ?? '') + text);
}

/** Joins pieces with a separator such as ` and `; `whenEmpty` stands in for none. */
export function joinSql(
  parts: readonly Sql[],
  separator: ' and ' | ' or ' | ', ',
  whenEmpty: Sql,
): Sql {
  const [first, ...rest] = parts;
  if (!first) return whenEmpty;
  return rest.reduce((joined, part) => {
    if (separator === ' and ') return sql`${joined} and ${part}`;
    return separator === ' or ' ? sql`${joined} or ${part}` : sql`${joined}, ${part}`;
  }, first);
}

function isSql(value: unknown): value is Sql {
  return typeof value === 'object' && value !== null && MADE in value;
}
