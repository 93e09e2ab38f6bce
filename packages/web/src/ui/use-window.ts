import { useCallback, useEffect, useLayoutEffect, useMemo, useState } from 'react';
import { flushSync } from 'react-dom';
import { layOutRows, rowsBetween, spansOf, type DrawnRows } from './row-offsets.ts';

/** How far beyond the edges rows are drawn too, so that scrolling shows no gaps. */
const SPARE_PX = 480;
/** The view is followed in steps, so that not every pixel of scrolling draws anew. */
const STEP_PX = 160;
/** Shorter lists are drawn whole: nothing is won by less, and a browser finds text in all of it. */
const WHOLE_AT_MOST = 100;
const SAME_PX = 0.5;

/** What is drawn of a long list. */
export interface RowWindow {
  readonly is_whole: boolean;
  /** Mostly one; the row with the focus stands alone when it is out of view. */
  readonly spans: readonly DrawnRows[];
  /** The room of the rows after the last that is drawn. */
  readonly after_px: number;
  readonly total_px: number;
  /** Draws a row at once, wherever it is, so that it can be given the focus. */
  readonly draw: (key: string) => void;
}

/**
 * Which rows of a list are drawn: those in view of the box that scrolls them and a bit more, and the one that has the focus.
 * That box is marked with `data-scroller`; without one around it the list is drawn whole. Rows carry their key as
 * `data-row`; they are measured when they are drawn, and until then taken to be as high as the first ones, at the very
 * beginning `row_px`.
 */
export function useWindow(
  list: HTMLElement | null,
  keys: readonly string[],
  row_px: number,
): RowWindow {
  const view = useView(list);
  const kept = useFocusedRow(list);
  const is_whole = view === 'unscrolled' || keys.length <= WHOLE_AT_MOST;
  const { heights, usual_px, measure } = useHeights(list, row_px);
  const offsets = useMemo(() => layOutRows(keys, heights, usual_px), [keys, heights, usual_px]);
  const kept_at = useMemo(
    () => (is_whole || kept.key === null ? -1 : keys.indexOf(kept.key)),
    [is_whole, kept.key, keys],
  );
  const drawn = useMemo(() => {
    if (is_whole) {
      return { spans: [{ first: 0, end: keys.length, before_px: 0 }], after_px: 0 };
    }
    const inView = rowsBetween(offsets, view.top - SPARE_PX, view.bottom + SPARE_PX);
    return spansOf(offsets, inView, kept_at);
  }, [is_whole, view, keys, offsets, kept_at]);
  useLayoutEffect(() => {
    if (!is_whole) measure();
  }, [is_whole, drawn, measure]);
  return { ...drawn, is_whole, total_px: offsets.total_px, draw: kept.draw };
}

interface View {
  readonly top: number;
  readonly bottom: number;
}

/** Before it was looked: drawing all of a list that is known already would take seconds. */
const FIRST_VIEW: View = { top: 0, bottom: 960 };

/** The part of the list that is in view, in pixels from its top. */
function useView(list: HTMLElement | null): View | 'unscrolled' {
  const [view, setView] = useState<View | 'unscrolled'>(FIRST_VIEW);
  useLayoutEffect(() => {
    if (list === null) return;
    const box = list.closest<HTMLElement>('[data-scroller]');
    const look = () => setView((known) => lookAt(list, box, known));
    look();
    if (box === null) return;
    const observer = new ResizeObserver(look);
    observer.observe(box);
    // What stands above the list may grow and push it down.
    if (box.firstElementChild) observer.observe(box.firstElementChild);
    box.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener('scroll', look);
    };
  }, [list]);
  return view;
}

function lookAt(
  list: HTMLElement,
  box: HTMLElement | null,
  known: View | 'unscrolled',
): View | 'unscrolled' {
  if (box === null) return 'unscrolled';
  const passed = box.getBoundingClientRect().top - list.getBoundingClientRect().top;
  const top = Math.floor(passed / STEP_PX) * STEP_PX;
  const bottom = Math.ceil((passed + box.clientHeight) / STEP_PX) * STEP_PX;
  const is_same = known !== 'unscrolled' && known.top === top && known.bottom === bottom;
  return is_same ? known : { top, bottom };
}

/** The row that has the focus: it must stay, or the keyboard would lose its place. */
function useFocusedRow(list: HTMLElement | null) {
  const [key, setKey] = useState<string | null>(null);
  useEffect(() => {
    if (list === null) return;
    const onFocusIn = ({ target }: FocusEvent) => setKey(rowKeyOf(target));
    const onFocusOut = ({ relatedTarget }: FocusEvent) => setKey(rowKeyOf(relatedTarget));
    list.addEventListener('focusin', onFocusIn);
    list.addEventListener('focusout', onFocusOut);
    return () => {
      list.removeEventListener('focusin', onFocusIn);
      list.removeEventListener('focusout', onFocusOut);
    };
  }, [list]);
  return { key, draw: (next: string) => flushSync(() => setKey(next)) };
}

function rowKeyOf(target: EventTarget | null): string | null {
  if (!(target instanceof Element)) return null;
  return target.closest<HTMLElement>('[data-row]')?.dataset['row'] ?? null;
}

interface Heights {
  readonly heights: ReadonlyMap<string, number>;
  readonly usual_px: number;
}

/** The heights of the rows that were drawn so far, and what others are taken to have. */
function useHeights(list: HTMLElement | null, row_px: number) {
  const [known, setKnown] = useState<Heights>({ heights: new Map(), usual_px: row_px });
  const measure = useCallback(() => {
    const rows = list?.querySelectorAll<HTMLElement>('[data-row]') ?? [];
    const measured = [...rows].map(
      (row) => [row.dataset['row'] ?? '', row.getBoundingClientRect().height] as const,
    );
    setKnown((before) => withHeights(before, measured));
  }, [list]);
  return { ...known, measure };
}

/** The same object when nothing is new, so that nothing is drawn again. */
function withHeights(known: Heights, measured: readonly (readonly [string, number])[]): Heights {
  const { heights } = known;
  const [first] = measured;
  if (first === undefined) return known;
  const usual_px =
    heights.size === 0
      ? measured.reduce((sum, [, height]) => sum + height, 0) / measured.length
      : known.usual_px;
  const news = measured.filter(
    ([key, height]) => Math.abs((heights.get(key) ?? usual_px) - height) > SAME_PX,
  );
  if (news.length === 0 && heights.size > 0) return known;
  // The first is always kept: by it is known that rows were measured.
  return {
    usual_px,
    heights: new Map([...heights, ...(heights.size === 0 ? [first] : []), ...news]),
  };
}
