import { classNames } from '../ui/class-names.ts';
import { formatCount } from '../ui/format-figures.ts';

/** How often each of a few things was counted, the most frequent first, as bars that can be chosen. */
export function CountBars({
  label,
  counts,
  chosen,
  onChoose,
}: {
  label: string;
  counts: readonly { readonly name: string; readonly count: number; readonly detail?: string }[];
  chosen?: string;
  /** Given the name; an empty one when the chosen one is chosen again. */
  onChoose: (name: string) => void;
}) {
  const most = counts.reduce((largest, { count }) => Math.max(largest, count), 1);
  return (
    <ul aria-label={label} className="space-y-1">
      {counts.map(({ name, count, detail }) => (
        <li key={name}>
          <button
            type="button"
            aria-pressed={name === chosen}
            onClick={() => onChoose(name === chosen ? '' : name)}
            className={classNames(
              'grid w-full grid-cols-[minmax(0,1fr)_auto] gap-x-3 rounded-lg px-2 py-1.5 text-left text-xs',
              name === chosen ? 'bg-accent-soft' : 'hover:bg-sunken',
            )}
          >
            <span className="truncate">{name}</span>
            <span className="tabular-nums">
              {formatCount(count)}
              {detail !== undefined && <span className="ml-2 text-ink-faint">{detail}</span>}
            </span>
            <span className="col-span-2 mt-1 h-1.5 rounded-full bg-sunken" aria-hidden>
              <span
                className="block h-full min-w-1 rounded-full bg-accent"
                style={{ width: `${(count / most) * 100}%` }}
              />
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
