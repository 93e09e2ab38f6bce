import { Link } from '@tanstack/react-router';
import { memo, useCallback, useMemo, useRef, useState, type ReactNode } from 'react';
import { Button } from './button.tsx';
import { classNames } from './class-names.ts';
import { ErrorNotice } from './error-notice.tsx';
import { moveBetweenRows } from './move-between-rows.ts';
import { Skeleton } from './skeleton.tsx';
import { useColumnWidths } from './use-column-widths.ts';
import { useWindow } from './use-window.ts';

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
/** What a row is taken to be high until one is measured. */
const ROW_PX = 44;
const NO_ROWS: readonly never[] = [];

interface TableProps<T> {
  label: string;
  rows: Rows<T>;
  columns: readonly Column<T>[];
  rowKey: (row: T) => string;
  /** The address of a row within the page, such as `/runs/0190…`. */
  linkTo?: (row: T) => string;
  empty: ReactNode;
  selection?: Selection;
}

/**
 * A list as a table. With `linkTo` the first cell of a row is a link to it: `j` and `k` move between rows, Home and End go to
 * the first and the last, Enter opens one. It shows a skeleton while it loads, `empty` when there is nothing, and what went
 * wrong with a way to try again. Of a long list only the rows in view are drawn.
 */
export function DataTable<T>(props: TableProps<T>) {
  const { label, rows, empty } = props;
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
  return <Table {...props} data={data} />;
}

function Table<T>({
  label,
  rows,
  data,
  columns,
  rowKey,
  linkTo,
  selection,
}: TableProps<T> & { data: readonly T[] | undefined }) {
  const table = useRef<HTMLTableElement>(null);
  const [body, setBody] = useState<HTMLElement | null>(null);
  const keys = useKeys(data ?? NO_ROWS, rowKey);
  const seen = useWindow(body, keys, ROW_PX);
  const widths = useColumnWidths(table, !seen.is_whole);
  const toggle = useToggle(selection);
  const rowAt = (row: T, at: number) => {
    const row_key = keys[at] ?? '';
    return (
      <Row
        key={row_key}
        row_key={row_key}
        place={at + 2}
        row={row}
        columns={columns}
        link={linkTo?.(row) ?? null}
        is_chosen={selection?.chosen.has(row_key) ?? false}
        onToggle={toggle}
      />
    );
  };
  return (
    <div data-list className="cut-cue overflow-x-auto rounded-xl border border-line">
      <table
        ref={table}
        className="w-full text-sm"
        {...(widths && { style: { tableLayout: 'fixed', width: sum(widths) } })}
        aria-label={label}
        aria-busy={data === undefined}
        // How many there are in all is known once there are no more to be read.
        aria-rowcount={rows.more ? -1 : keys.length + 1}
      >
        <Head columns={columns} keys={keys} selection={selection ?? null} widths={widths} />
        <tbody ref={setBody} onKeyDown={(event) => moveBetweenRows(event, keys, seen.draw)}>
          {data === undefined ? (
            <SkeletonRows width={columns.length + (selection ? 1 : 0)} />
          ) : (
            // One list of rows, in which none is moved: a row that is moved loses the focus.
            seen.spans.flatMap(({ first, end, before_px }, span) => [
              <Room key={`room ${span && keys[first]}`} px={before_px} />,
              ...data.slice(first, end).map((row, index) => rowAt(row, first + index)),
            ])
          )}
          <Room px={seen.after_px} />
        </tbody>
      </table>
      <More rows={rows} />
    </div>
  );
}

/** The room of rows that are not drawn. */
function Room({ px }: { px: number }) {
  return px > 0 && <tr aria-hidden style={{ height: px }} />;
}

/** The keys of rows; the same list of them while the rows are the same. */
function useKeys<T>(data: readonly T[], rowKey: (row: T) => string): readonly string[] {
  // What a row is known by does not change, however often the function is made anew.
  const [keyOf] = useState(() => rowKey);
  return useMemo(() => data.map(keyOf), [data, keyOf]);
}

function useToggle(selection: Selection | undefined) {
  const chosen = selection?.chosen;
  const onChange = selection?.onChange;
  const toggle = useCallback(
    (key: string) => chosen && onChange?.(toggled(chosen, key)),
    [chosen, onChange],
  );
  return selection ? toggle : null;
}

function sum(widths: readonly number[]): number {
  return widths.reduce((total, each) => total + each, 0);
}

/** The button stays where it is while it reads and when all is read: whoever reads on by keyboard keeps the focus. */
function More<T>({ rows }: { rows: Rows<T> }) {
  const [was_used, setUsed] = useState(false);
  const { more, is_loading_more = false } = rows;
  if (!more && !was_used) return null;
  return (
    <div className="border-t border-line p-2 text-center">
      <Button
        look="bare"
        data-more
        aria-disabled={!more || is_loading_more}
        className="aria-disabled:text-ink-faint"
        onClick={() => {
          if (!more || is_loading_more) return;
          setUsed(true);
          more();
        }}
      >
        {is_loading_more ? 'Reading…' : more ? 'Show more' : 'That is all'}
      </Button>
    </div>
  );
}

function Head<T>({
  columns,
  keys,
  selection,
  widths,
}: {
  columns: readonly Column<T>[];
  keys: readonly string[];
  selection: Selection | null;
  widths: readonly number[] | null;
}) {
  const before = selection ? 1 : 0;
  const widthOf = (at: number) => widths && { style: { width: widths[at] } };
  const all_chosen = keys.length > 0 && keys.every((key) => selection?.chosen.has(key));
  return (
    <thead>
      <tr className="border-b border-line text-left text-xs text-ink-soft">
        {selection && (
          <th className="w-9 py-2 pl-4" {...widthOf(0)}>
            <input
              type="checkbox"
              aria-label="Choose all"
              checked={all_chosen}
              onChange={() => selection.onChange(all_chosen ? new Set() : new Set(keys))}
              className="size-4 align-middle accent-accent"
            />
          </th>
        )}
        {columns.map((column, at) => (
          <th
            key={column.key}
            scope="col"
            {...widthOf(before + at)}
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

interface RowProps<T> {
  row: T;
  row_key: string;
  /** From 2: the heads of the columns are the first row. */
  place: number;
  columns: readonly Column<T>[];
  link: string | null;
  is_chosen: boolean;
  /** Null where rows cannot be chosen. */
  onToggle: ((key: string) => void) | null;
}

function DrawnRow<T>({ row, row_key, place, columns, link, is_chosen, onToggle }: RowProps<T>) {
  return (
    <tr
      data-row={row_key}
      aria-rowindex={place}
      className={classNames(
        'relative border-b border-line -outline-offset-2 outline-accent last:border-0',
        'has-[[data-row-link]:focus-visible]:outline-2',
        is_chosen ? 'bg-accent-soft' : link !== null && 'hover:bg-sunken',
      )}
    >
      {onToggle && (
        <td className="relative z-10 w-9 py-2.5 pl-4">
          <input
            type="checkbox"
            aria-label="Choose"
            checked={is_chosen}
            onChange={() => onToggle(row_key)}
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
              // The link covers its whole row, which shows that it has the focus.
              className="font-medium outline-none after:absolute after:inset-0 focus-visible:outline-none"
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

/** Events can draw the list many times a second: rows that stayed the same are left alone. */
const Row = memo(DrawnRow) as typeof DrawnRow;

function toggled(chosen: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(chosen);
  if (!next.delete(key)) next.add(key);
  return next;
}
