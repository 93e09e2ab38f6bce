import type { ReactNode } from 'react';
import type { RowWindow } from './use-window.ts';

/**
 * What is drawn of a long list, with the room of the rest, as parts of one list: a row that is moved would lose the focus.
 * `As` is what may stand between the rows.
 */
export function DrawnRows<T>({
  of: { spans, after_px },
  rows,
  As,
  children,
}: {
  of: RowWindow;
  rows: readonly T[];
  As: 'li' | 'div';
  /** Draws a row, with a key and the same as its `data-row`. */
  children: (row: T, at: number) => ReactNode;
}) {
  const room = (key: string, px: number) =>
    px > 0 && <As key={key} role="presentation" aria-hidden style={{ height: px }} />;
  return [
    ...spans.flatMap(({ first, end, before_px }, span) => [
      room(`before ${span && first}`, before_px),
      ...rows.slice(first, end).map((row, index) => children(row, first + index)),
    ]),
    room('after', after_px),
  ];
}
