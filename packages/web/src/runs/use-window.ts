import { useEffect, useState, type RefObject } from 'react';

/** Rows beyond the edges that are drawn too, so that scrolling shows no gaps. */
const SPARE = 12;

/** The rows of a long list that are in view, and a bit more: `first` included, `end` not. */
export interface RowWindow {
  readonly first: number;
  readonly end: number;
}

/** Which of `count` rows of equal height are in view of the box that scrolls them. */
export function useWindow(
  box: RefObject<HTMLElement | null>,
  count: number,
  row_px: number,
): RowWindow {
  const [view, setView] = useState({ top: 0, height: 640 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [box]);
  const first = Math.max(0, Math.floor(view.top / row_px) - SPARE);
  const end = Math.min(count, Math.ceil((view.top + view.height) / row_px) + SPARE);
  return { first: Math.min(first, end), end };
}
