import { useLayoutEffect, useState, type RefObject } from 'react';

/**
 * The widths of the columns of a table, in pixels, as they were when `is_needed` became true: a table of which only some
 * rows are drawn would have other columns with every row that comes into view. They are taken anew when the table gets more or
 * less room. Null while the browser is to choose.
 */
export function useColumnWidths(
  table: RefObject<HTMLTableElement | null>,
  is_needed: boolean,
): readonly number[] | null {
  const [taken, setTaken] = useState<{ room: number; widths: readonly number[] } | null>(null);
  useLayoutEffect(() => {
    const element = table.current;
    const box = element?.parentElement;
    if (!is_needed || !element || !box) return;
    const take = () => {
      const heads = [...element.querySelectorAll<HTMLElement>('thead th')];
      setTaken({ room: box.clientWidth, widths: heads.map((head) => head.offsetWidth) });
    };
    if (taken === null) take();
    const observer = new ResizeObserver(() => {
      // First the browser chooses again.
      if (taken !== null && box.clientWidth !== taken.room) setTaken(null);
    });
    observer.observe(box);
    return () => observer.disconnect();
  }, [table, is_needed, taken]);
  return is_needed ? (taken?.widths ?? null) : null;
}
