import {
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
} from 'react';
import { classNames } from '../ui/class-names.ts';
import { DrawnRows } from '../ui/drawn-rows.tsx';
import { formatDuration } from '../ui/format-time.ts';
import { useWindow } from '../ui/use-window.ts';
import { isWaiting, type Waterfall, type WaterfallRow } from './lay-out-waterfall.ts';
import { RetryBadge, StepIcon, stepBar, stepTypeName } from './run-looks.tsx';

const ROW_PX = 32;
/** Bars that would be thinner than a hair are still seen. */
const BAR_MIN_PX = 3;
const INDENT_MAX = 8;

/**
 * The steps of a run as bars on an axis of time. It is a list of choices: arrows, `j`, `k`, Home and End choose a step.
 * However many steps there are, only those in view are drawn.
 */
export function WaterfallView({
  waterfall,
  chosen,
  onChoose,
}: {
  waterfall: Waterfall;
  chosen: string | null;
  onChoose: (key: string) => void;
}) {
  const { rows, total_ms, ticks } = waterfall;
  const box = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const [list, setList] = useState<HTMLElement | null>(null);
  const keys = useMemo(() => rows.map(({ key }) => key), [rows]);
  const seen = useWindow(list, keys, ROW_PX);
  const at = rows.findIndex(({ key }) => key === chosen);
  useEffect(() => {
    if (at >= 0) keepInView(box.current, at);
  }, [at]);
  const is_drawn = seen.spans.some(({ first, end }) => at >= first && at < end);
  const onClick = ({ target }: MouseEvent) => {
    const option = target instanceof Element ? target.closest<HTMLElement>('[data-row]') : null;
    const key = option?.dataset['row'];
    if (key !== undefined) onChoose(key);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = rows[nextPlace(event, at, rows.length)];
    if (next === undefined) return;
    event.preventDefault();
    onChoose(next.key);
  };
  return (
    <div className="overflow-hidden rounded-xl border border-line bg-raised">
      <Axis ticks={ticks} total_ms={total_ms} />
      <div
        ref={box}
        data-scroller
        role="listbox"
        aria-label="Steps"
        tabIndex={0}
        {...(is_drawn ? { 'aria-activedescendant': `${prefix}${at}` } : {})}
        onKeyDown={onKeyDown}
        onClick={onClick}
        className="max-h-[34rem] overflow-y-auto -outline-offset-2"
      >
        <div ref={setList} role="presentation">
          <DrawnRows of={seen} rows={rows} As="div">
            {(row, place) => (
              <Bar
                key={row.key}
                id={`${prefix}${place}`}
                row={row}
                place={place}
                count={rows.length}
                is_chosen={row.key === chosen}
              />
            )}
          </DrawnRows>
        </div>
      </div>
    </div>
  );
}

function Axis({ ticks, total_ms }: { ticks: readonly number[]; total_ms: number }) {
  return (
    <div className="flex h-7 border-b border-line text-2xs text-ink-faint" aria-hidden>
      <div className="w-2/5 shrink-0 px-3 leading-7 md:w-64">Step</div>
      <div className="relative mr-3 min-w-0 flex-1">
        {ticks.map((tick, at) => (
          <span
            key={tick}
            className={classNames(
              'absolute top-0 h-full border-l border-line pl-1 leading-7 whitespace-nowrap',
              at % 2 === 1 && 'max-md:text-transparent',
              tick / total_ms > 0.82 && 'text-transparent',
            )}
            style={{ left: `${(tick / total_ms) * 100}%` }}
          >
            {formatDuration(tick)}
          </span>
        ))}
      </div>
    </div>
  );
}

function Bar({
  row,
  id,
  place,
  count,
  is_chosen,
}: {
  row: WaterfallRow;
  id: string;
  place: number;
  count: number;
  is_chosen: boolean;
}) {
  const { step } = row;
  return (
    <div
      id={id}
      role="option"
      aria-selected={is_chosen}
      aria-posinset={place + 1}
      aria-setsize={count}
      data-row={row.key}
      style={{ height: ROW_PX }}
      className={classNames(
        'relative flex cursor-pointer items-center text-xs',
        is_chosen ? 'bg-accent-soft' : 'hover:bg-sunken',
      )}
    >
      <div
        className="flex w-2/5 shrink-0 items-center gap-1.5 px-3 md:w-64"
        style={{ paddingLeft: 12 + Math.min(row.depth, INDENT_MAX) * 12 }}
      >
        {step && <StepIcon type={step.step_type} />}
        {step && <span className="sr-only">{stepTypeName(step.step_type)} </span>}
        <span className={classNames('min-w-0 truncate', !step && 'text-ink-faint italic')}>
          {row.name}
        </span>{' '}
        {!step && <span className="sr-only">before the first step</span>}
        <RetryBadge attempt={row.attempt} />{' '}
      </div>
      <div className="relative mr-3 h-full min-w-0 flex-1">
        <div
          className={classNames(
            'absolute top-2 h-4 rounded-sm',
            step ? stepBar(step.step_type) : 'border border-dashed border-line-strong',
            row.has_failed && 'outline-2 outline-offset-1 outline-bad',
          )}
          style={{ left: `${row.left}%`, width: `max(${row.width}%, ${BAR_MIN_PX}px)` }}
        />
        <BarText row={row} />
        <span className="sr-only"> from {formatDuration(row.start_ms)}</span>
      </div>
    </div>
  );
}

/** How long it took, on the side of the bar where there is room. */
function BarText({ row }: { row: WaterfallRow }) {
  const end = row.left + row.width;
  const waits = row.step !== null && isWaiting(row.step);
  const state = row.has_failed ? ' · failed' : waits ? ' · waiting' : '';
  const text = `${formatDuration(row.duration_ms)}${state}`;
  const look = 'absolute top-0 text-2xs leading-8 whitespace-nowrap text-ink-soft';
  if (end < 72) {
    return (
      <span className={look} style={{ left: `calc(${end}% + 8px)` }}>
        {text}
      </span>
    );
  }
  if (row.left > 28) {
    return (
      <span className={look} style={{ right: `calc(${100 - row.left}% + 6px)` }}>
        {text}
      </span>
    );
  }
  return <span className={classNames(look, 'right-0 rounded bg-raised px-1')}>{text}</span>;
}

/** Where a key leads from a place in the list; -1 when it leads nowhere. */
function nextPlace(event: KeyboardEvent, at: number, count: number): number {
  if (event.ctrlKey || event.metaKey || event.altKey) return -1;
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 10, PageUp: -10 }[event.key];
  if (event.key === 'Home') return 0;
  if (event.key === 'End') return count - 1;
  return step === undefined ? -1 : Math.min(count - 1, Math.max(0, at + step));
}

function keepInView(box: HTMLElement | null, at: number): void {
  if (box === null) return;
  const top = at * ROW_PX;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + ROW_PX > box.scrollTop + box.clientHeight) {
    box.scrollTop = top + ROW_PX - box.clientHeight;
  }
}
