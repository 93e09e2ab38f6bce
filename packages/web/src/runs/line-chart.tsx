import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import {
  linePaths,
  nearestPoint,
  placeOf,
  type ChartFrame,
  type ChartPoint,
} from './draw-lines.ts';
import { UNKNOWN } from '../ui/format-figures.ts';
import { ScrollBox } from '../ui/scroll-box.tsx';
import { axisRange, axisTicks } from './scale-axis.ts';

/** A line of a chart. */
export interface ChartSeries {
  readonly name: string;
  /** The class of its colour, such as `text-accent`. */
  readonly look: string;
  /** Oldest first. */
  readonly points: readonly ChartPoint[];
  /** Something to compare with, not something that happened: drawn in dashes. */
  readonly is_reference?: true;
}

/** Something that happened at a moment of the chart, with an address of its own. */
export interface ChartMark {
  readonly at: number;
  readonly value: number;
  readonly label: string;
  readonly href: string;
}

interface ChartProps {
  readonly label: string;
  readonly series: readonly ChartSeries[];
  readonly marks?: readonly ChartMark[];
  readonly format: (value: number) => string;
  readonly formatTime: (at: number) => string;
}

/** Lines over time, which can be read as a table as well. */
export function LineChart({ actions, ...chart }: ChartProps & { actions?: ReactNode }) {
  const [is_table, setTable] = useState(false);
  return (
    <figure className="rounded-xl border border-line bg-raised p-4">
      <figcaption className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <Legend series={chart.series} />
        <span className="flex items-center gap-2">
          {actions}
          <Button look="bare" aria-pressed={is_table} onClick={() => setTable(!is_table)}>
            {is_table ? 'Show the chart' : 'Show as a table'}
          </Button>
        </span>
      </figcaption>
      {is_table ? <ChartTable {...chart} /> : <Plot {...chart} />}
    </figure>
  );
}

const LEGEND_LINE = 'h-0.5 rounded-full bg-current';

function Legend({ series }: { series: readonly ChartSeries[] }) {
  return (
    <span className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-soft">
      {series.map(({ name, look, is_reference }) => (
        <span key={name} className="inline-flex items-center gap-1.5">
          <span
            className={classNames(
              'w-4',
              is_reference ? 'border-t-2 border-dashed border-current' : LEGEND_LINE,
              look,
            )}
            aria-hidden
          />
          {name}
        </span>
      ))}
    </span>
  );
}

function frameOf(series: readonly ChartSeries[], marks: readonly ChartMark[]): ChartFrame {
  const points = series.flatMap((each) => each.points);
  const times = [...points, ...marks].map(({ at }) => at);
  const values = [...points, ...marks].flatMap(({ value }) => value ?? []);
  const [low, high] = axisRange(values);
  const from = times.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY);
  const until = times.reduce((most, each) => Math.max(most, each), Number.NEGATIVE_INFINITY);
  return { from, until, low, high };
}

function Plot({ label, series, marks = [], format, formatTime }: ChartProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const frame = frameOf(series, marks);
  const ticks = axisTicks(frame.low, frame.high, 4);
  const [from, until] = [formatTime(frame.from), formatTime(frame.until)];
  return (
    <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-2 text-2xs text-ink-faint">
      <div className="relative h-52 w-14 tabular-nums" aria-hidden>
        {ticks.map((tick) => (
          <span
            key={tick}
            className="absolute right-0 -translate-y-1/2 whitespace-nowrap"
            style={{ top: `${placeOf({ at: 0, value: tick }, frame).y}%` }}
          >
            {format(tick)}
          </span>
        ))}
      </div>
      <div
        className="relative h-52"
        onPointerMove={(event) => {
          const { left, width } = event.currentTarget.getBoundingClientRect();
          setPointed(((event.clientX - left) / width) * 100);
        }}
        onPointerLeave={() => setPointed(null)}
      >
        <svg
          viewBox="0 0 100 100"
          preserveAspectRatio="none"
          role="img"
          aria-label={`${label}, from ${from} to ${until}. The table has all figures.`}
          className="absolute inset-0 size-full overflow-visible"
        >
          <Grid ticks={ticks} frame={frame} />
          {series.map((each) => (
            <Line key={each.name} series={each} frame={frame} />
          ))}
        </svg>
        {marks.map((mark) => (
          <Mark key={mark.href} mark={mark} frame={frame} />
        ))}
        <Reading {...{ series, frame, pointed, format, formatTime }} />
      </div>
      <span />
      <div className="mt-1 flex justify-between" aria-hidden>
        <span>{from}</span>
        <span>{until}</span>
      </div>
    </div>
  );
}

function Grid({ ticks, frame }: { ticks: readonly number[]; frame: ChartFrame }) {
  return (
    <g className="text-line">
      {ticks.map((tick) => {
        const { y } = placeOf({ at: 0, value: tick }, frame);
        return (
          <path
            key={tick}
            d={`M0,${y}H100`}
            stroke="currentColor"
            strokeWidth="1"
            vectorEffect="non-scaling-stroke"
          />
        );
      })}
    </g>
  );
}

function Line({ series, frame }: { series: ChartSeries; frame: ChartFrame }) {
  return (
    <g className={series.look}>
      {linePaths(series.points, frame).map((path) => (
        <path
          key={path}
          d={path}
          fill="none"
          stroke="currentColor"
          strokeWidth={series.is_reference ? '1.5' : '2'}
          {...(series.is_reference ? { strokeDasharray: '5 5' } : {})}
          strokeLinecap="round"
          strokeLinejoin="round"
          vectorEffect="non-scaling-stroke"
        />
      ))}
    </g>
  );
}

function Mark({ mark, frame }: { mark: ChartMark; frame: ChartFrame }) {
  const { x, y } = placeOf(mark, frame);
  return (
    <Link
      to={mark.href}
      aria-label={mark.label}
      title={mark.label}
      className="absolute -m-3 flex size-6 items-center justify-center rounded-full"
      style={{ left: `${x}%`, top: `${y}%` }}
    >
      <span className="size-2.5 rotate-45 border-2 border-raised bg-warn" aria-hidden />
    </Link>
  );
}

/** The figures at the moment that the pointer is at. */
function Reading({
  series,
  frame,
  pointed,
  format,
  formatTime,
}: Pick<ChartProps, 'series' | 'format' | 'formatTime'> & {
  frame: ChartFrame;
  pointed: number | null;
}) {
  if (pointed === null) return null;
  const read = series.flatMap(({ name, points }) => {
    const point = points[nearestPoint(points, pointed, frame) ?? -1];
    return point === undefined ? [] : [{ name, point }];
  });
  const at = read[0]?.point.at;
  if (at === undefined) return null;
  const { x } = placeOf({ at, value: 0 }, frame);
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute inset-y-0 border-l border-line-strong"
      style={{ left: `${x}%` }}
    >
      <div
        className={classNames(
          'absolute top-0 rounded-lg border border-line bg-surface px-2 py-1 text-2xs whitespace-nowrap text-ink shadow-panel',
          x > 60 ? 'right-2' : 'left-2',
        )}
      >
        <p className="text-ink-faint">{formatTime(at)}</p>
        {read.map(({ name, point }) => (
          <p key={name} className="tabular-nums">
            {series.length > 1 && `${name}: `}
            {point.value === null ? UNKNOWN : format(point.value)}
          </p>
        ))}
      </div>
    </div>
  );
}

function ChartTable({ label, series, marks = [], format, formatTime }: ChartProps) {
  const times = [
    ...new Set([...series.flatMap(({ points }) => points), ...marks].map(({ at }) => at)),
  ].toSorted((a, b) => b - a);
  const values = series.map(({ points }) => new Map(points.map(({ at, value }) => [at, value])));
  const by_time = Map.groupBy(marks, ({ at }) => at);
  return (
    <ScrollBox label={label} className="max-h-72 overflow-auto">
      <table className="w-full text-xs" aria-label={label}>
        <thead>
          <tr className="text-left text-ink-soft">
            <th scope="col" className="py-1 pr-4 font-medium">
              Time
            </th>
            {series.map(({ name }) => (
              <th key={name} scope="col" className="py-1 pr-4 text-right font-medium">
                {name}
              </th>
            ))}
            {marks.length > 0 && (
              <th scope="col" className="py-1 font-medium">
                Drift
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {times.map((at) => (
            <tr key={at} className="border-t border-line">
              <td className="py-1 pr-4 whitespace-nowrap">{formatTime(at)}</td>
              {values.map((known, index) => {
                const value = known.get(at) ?? null;
                return (
                  <td key={index} className="py-1 pr-4 text-right tabular-nums">
                    {value === null ? UNKNOWN : format(value)}
                  </td>
                );
              })}
              {marks.length > 0 && (
                <td className="py-1">
                  {by_time.get(at)?.map(({ href, label: text }) => (
                    <Link key={href} to={href} className="block text-accent underline">
                      {text}
                    </Link>
                  ))}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
