import { Link } from '@tanstack/react-router';
import { useRef, type KeyboardEvent, type ReactNode } from 'react';
import { Button } from './button.tsx';
import { classNames } from './class-names.ts';
import { ErrorNotice } from './error-notice.tsx';
import { Skeleton } from './skeleton.tsx';

/** A column of a table. */
export interface Column<T> {
  readonly key: string;
  /** What stands above it. */
  readonly name: string;
  readonly cell: (row: T) => ReactNode;
  /** Figures stand to the right, so that their digits stand below each other. */
  readonly is_number?: boolean;
  /** Left out where there is little room. */
  readonly is_minor?: boolean;
}

/** Where the rows come from: a query, or anything with the same answers. */
export interface Rows<T> {
  readonly data: readonly T[] | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
  /** Reads the next page; null when there is none. */
  readonly more?: (() => unknown) | null;
  readonly is_loading_more?: boolean;
}

/** Which rows are chosen, where several can be acted upon at once. */
interface Selection {
  readonly chosen: ReadonlySet<string>;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
}

const SKELETON_ROWS = 6;

/**
 * A list as a table. With `linkTo` the first cell of a row is a link to it: `j` and `k` move between rows, Enter opens
 * one. It shows a skeleton while it loads, `empty` when there is nothing, and what went wrong with a way to try again.
 */
export function DataTable<T>({
  label,
  rows,
  columns,
  rowKey,
  linkTo,
  empty,
  selection,
}: {
  label: string;
  rows: Rows<T>;
  columns: readonly Column<T>[];
  rowKey: (row: T) => string;
  /** The address of a row within the page, such as `/runs/0190…`. */
  linkTo?: (row: T) => string;
  empty: ReactNode;
  selection?: Selection;
}) {
  const body = useRef<HTMLTableSectionElement>(null);
  const { data, error } = rows;
  if (data === undefined && error !== null && error !== undefined) {
    return (
      <ErrorNotice title={`${label} could not be read`} error={error} onRetry={rows.refetch} />
    );
  }
  // What was read may have been narrowed here: then there can be more, though nothing is shown.
  if (data?.length === 0) {
    return (
      <>
        {empty}
        <More rows={rows} />
      </>
    );
  }
  return (
    <div className="overflow-x-auto rounded-xl border border-line bg-raised">
      <table className="w-full text-sm" aria-label={label} aria-busy={data === undefined}>
        <Head columns={columns} keys={data?.map(rowKey) ?? []} selection={selection ?? null} />
        <tbody ref={body} onKeyDown={(event) => moveBetweenRows(event, body.current)}>
          {data === undefined ? (
            <SkeletonRows width={columns.length + (selection ? 1 : 0)} />
          ) : (
            data.map((row) => (
              <Row
                key={rowKey(row)}
                row_key={rowKey(row)}
                row={row}
                columns={columns}
                link={linkTo?.(row) ?? null}
                selection={selection ?? null}
              />
            ))
          )}
        </tbody>
      </table>
      <More rows={rows} />
    </div>
  );
}

function More<T>({ rows }: { rows: Rows<T> }) {
  if (!rows.more) return null;
  return (
    <div className="border-t border-line p-2 text-center">
      <Button look="bare" disabled={rows.is_loading_more ?? false} onClick={() => rows.more?.()}>
        {rows.is_loading_more ? 'Reading…' : 'Show more'}
      </Button>
    </div>
  );
}

function Head<T>({
  columns,
  keys,
  selection,
}: {
  columns: readonly Column<T>[];
  keys: readonly string[];
  selection: Selection | null;
}) {
  const all_chosen = keys.length > 0 && keys.every((key) => selection?.chosen.has(key));
  return (
    <thead>
      <tr className="border-b border-line text-left text-xs text-ink-soft">
        {selection && (
          <th className="w-9 py-2 pl-4">
            <input
              type="checkbox"
              aria-label="Choose all"
              checked={all_chosen}
              onChange={() => selection.onChange(all_chosen ? new Set() : new Set(keys))}
              className="size-4 align-middle accent-accent"
            />
          </th>
        )}
        {columns.map((column) => (
          <th
            key={column.key}
            scope="col"
            className={classNames(
              'px-4 py-2 font-medium whitespace-nowrap',
              column.is_number && 'text-right',
              column.is_minor && 'max-md:hidden',
            )}
          >
            {column.name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function SkeletonRows({ width }: { width: number }) {
  return Array.from({ length: SKELETON_ROWS }, (_, row) => (
    <tr key={row} className="border-b border-line last:border-0">
      <td className="px-4 py-3" colSpan={width}>
        <Skeleton className="h-4" />
      </td>
    </tr>
  ));
}

function Row<T>({
  row,
  row_key,
  columns,
  link,
  selection,
}: {
  row: T;
  row_key: string;
  columns: readonly Column<T>[];
  link: string | null;
  selection: Selection | null;
}) {
  const is_chosen = selection?.chosen.has(row_key) ?? false;
  return (
    <tr
      data-row={row_key}
      className={classNames(
        'relative border-b border-line last:border-0',
        is_chosen ? 'bg-accent-soft' : link !== null && 'hover:bg-sunken',
      )}
    >
      {selection && (
        <td className="relative z-10 w-9 py-2.5 pl-4">
          <input
            type="checkbox"
            aria-label="Choose"
            checked={is_chosen}
            onChange={() => selection.onChange(toggled(selection.chosen, row_key))}
            className="size-4 align-middle accent-accent"
          />
        </td>
      )}
      {columns.map((column, at) => (
        <td
          key={column.key}
          className={classNames(
            'max-w-52 truncate px-4 py-2.5 md:max-w-80',
            column.is_number && 'text-right tabular-nums',
            column.is_minor && 'max-md:hidden',
          )}
        >
          {at === 0 && link !== null ? (
            <Link
              to={link}
              data-row-link
              // The link covers its whole row.
              className="font-medium -outline-offset-2 after:absolute after:inset-0"
            >
              {column.cell(row)}
            </Link>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
    </tr>
  );
}

function toggled(chosen: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(chosen);
  if (!next.delete(key)) next.add(key);
  return next;
}

/** `j`, `k` and the arrows move the focus from row to row. */
export function moveBetweenRows(event: KeyboardEvent, list: HTMLElement | null): void {
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (step === undefined || list === null || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof HTMLElement && event.target.matches('input, textarea, select')) {
    return;
  }
  const links = [...list.querySelectorAll<HTMLElement>('[data-row-link]')];
  const at = links.findIndex((each) => each === document.activeElement);
  const next = links[at + step];
  if (next === undefined) return;
  next.focus();
  event.preventDefault();
}
