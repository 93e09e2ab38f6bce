import type { BreadcrumbFull, BreadcrumbVersion } from '@cairn/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { RotateCcw } from 'lucide-react';
import { useMemo } from 'react';
import { queryKeys } from '../live/query-keys.ts';
import { useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { useTextSearch } from '../ui/use-text-search.ts';
import { diffValues, type DiffPart } from './diff-versions.ts';

/** The versions of a breadcrumb, what each of them changed, and the way back to one. */
export function VersionsView({ record }: { record: BreadcrumbFull }) {
  const { client } = useSession();
  const [search, change] = useTextSearch();
  const history = useQuery({
    queryKey: queryKeys.breadcrumb_view(record.id, 'history'),
    queryFn: ({ signal }) => client.getBreadcrumbHistory(record.id, { signal }),
  });
  if (history.isError && history.data === undefined) {
    return <ErrorNotice title="The versions could not be read" error={history.error} />;
  }
  if (history.data === undefined) return <Skeleton className="h-40 rounded-xl" />;
  const versions = history.data;
  const wanted = Number(search['version'] ?? record.version);
  const at = Math.max(
    0,
    versions.findIndex(({ version }) => version === wanted),
  );
  const shown = versions[at];
  if (shown === undefined) return <p className="text-sm text-ink-soft">No version is kept.</p>;
  return (
    <div className="grid gap-4 md:grid-cols-[14rem_minmax(0,1fr)]">
      <ol aria-label="Versions" className="space-y-1">
        {versions.map((each) => (
          <li key={each.version}>
            <button
              type="button"
              aria-current={each === shown ? 'true' : undefined}
              onClick={() => change({ version: String(each.version) })}
              className={classNames(
                'flex w-full items-baseline justify-between gap-2 rounded-lg px-3 py-2 text-left text-sm',
                each === shown ? 'bg-accent-soft' : 'hover:bg-sunken',
              )}
            >
              <span className="font-medium tabular-nums">Version {each.version}</span>
              <TimeAgo at={Date.parse(each.updated_at)} className="text-2xs text-ink-faint" />
            </button>
          </li>
        ))}
      </ol>
      <VersionDiff record={record} version={shown} before={versions[at + 1] ?? null} />
    </div>
  );
}

function VersionDiff({
  record,
  version,
  before,
}: {
  record: BreadcrumbFull;
  version: BreadcrumbVersion;
  before: BreadcrumbVersion | null;
}) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const diff = useMemo(
    () => diffValues(before === null ? undefined : partsOf(before), partsOf(version)),
    [before, version],
  );
  const restore = async () => {
    const { title, tags, context } = version;
    try {
      await client.updateBreadcrumb(
        record.id,
        { title, tags, context },
        { version: record.version },
      );
      toaster.done(`Version ${version.version} is the newest again`);
    } catch (error) {
      toaster.failed('It was not restored', error);
    }
    void cache.invalidateQueries({ queryKey: queryKeys.breadcrumb(record.id) });
  };
  return (
    <div className="min-w-0">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
        <p className="text-sm text-ink-soft tabular-nums">
          {before === null
            ? 'The first version that is kept'
            : `Against version ${before.version}: ${diff.added} lines more, ${diff.removed} less`}
          {diff.is_coarse && ' (too many to match up)'}
        </p>
        {version.version !== record.version && (
          <Button onClick={() => void restore()}>
            <RotateCcw className="size-4" aria-hidden />
            Restore this version
          </Button>
        )}
      </div>
      <pre
        data-testid="diff"
        className="overflow-x-auto rounded-xl border border-line bg-raised py-2 font-mono text-xs leading-5"
      >
        {before === null ? (
          <Stretch
            part={{ kind: 'same', lines: JSON.stringify(partsOf(version), null, 2).split('\n') }}
          />
        ) : (
          diff.parts.map((part, index) => <Stretch key={index} part={part} />)
        )}
      </pre>
    </div>
  );
}

const STRETCHES = {
  same: { sign: ' ', look: 'text-ink-soft', name: '' },
  added: { sign: '+', look: 'bg-accent-soft text-ink', name: 'Added' },
  removed: { sign: '−', look: 'bg-bad-soft text-ink', name: 'Removed' },
} as const;

/** More lines than this are not drawn at once. */
const LINES_AT_MOST = 2_000;

function Stretch({ part }: { part: DiffPart }) {
  const { sign, look, name } = STRETCHES[part.kind];
  const left_out = part.lines.length - LINES_AT_MOST;
  return (
    <span className={classNames('block', look)} {...(name === '' ? {} : { title: name })}>
      {part.lines.slice(0, LINES_AT_MOST).map((line, index) => (
        <span key={index} className="block px-3 break-all whitespace-pre-wrap">
          <span className="mr-2 select-none">{sign}</span>
          {line}
        </span>
      ))}
      {left_out > 0 && <span className="block px-3 text-warn">… {left_out} more lines</span>}
    </span>
  );
}

function partsOf({ title, tags, context }: BreadcrumbVersion) {
  return { title, tags, context };
}
