import type { ReactNode } from 'react';
import { classNames } from '../ui/class-names.ts';
import { ScrollBox } from '../ui/scroll-box.tsx';

/** A table of figures, without paging and links: for summaries of a bounded size. */
export function PlainTable({
  label,
  head,
  rows,
}: {
  label: string;
  /** Names of the columns; all but the first are figures and stand to the right. */
  head: readonly string[];
  rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[];
}) {
  return (
    <ScrollBox label={label} className="cut-cue overflow-x-auto rounded-xl border border-line">
      <table className="w-full text-sm" aria-label={label}>
        <thead>
          <tr className="border-b border-line text-left text-xs text-ink-soft">
            {head.map((name, at) => (
              <th
                key={at}
                scope="col"
                className={classNames(
                  'px-4 py-2 font-medium whitespace-nowrap',
                  at > 0 && 'text-right',
                )}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key} className="border-b border-line last:border-0">
              {cells.map((cell, at) =>
                at === 0 ? (
                  <th
                    key={at}
                    scope="row"
                    className="max-w-64 truncate px-4 py-2 text-left font-normal"
                  >
                    {cell}
                  </th>
                ) : (
                  <td key={at} className="px-4 py-2 text-right whitespace-nowrap tabular-nums">
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
