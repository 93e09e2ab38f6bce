import type { BehaviorDrift } from '@cairn/protocol';
import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { X } from 'lucide-react';
import type { TextSearch } from '../routes/search.ts';
import { NoneOf } from '../runs/none-of.tsx';
import { Answered } from '../runs/read-section.tsx';
import { useSession } from '../session/session.ts';
import { IconButton } from '../ui/button.tsx';
import { Card } from '../ui/page.tsx';
import { describeDrift } from './describe-drift.ts';
import { DriftFacts } from './drift-facts.tsx';
import { useNewestDrift } from './use-behaviour.ts';

interface Searched {
  readonly search: TextSearch;
  readonly change: (changes: TextSearch) => void;
}

const COMPARED_MAX = 3;

/** Two or three drifts beside each other; which, the address says. */
export function CompareTab({ search, change }: Searched) {
  const { client } = useSession();
  const ids = [...new Set((search['ids'] ?? '').split(',').filter((each) => each !== ''))].slice(
    0,
    COMPARED_MAX,
  );
  const queries = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['drift', 'one', id],
      queryFn: ({ signal }: { signal: AbortSignal }) => client.drift.get(id, { signal }),
    })),
  });
  const without = (id: string) => change({ ids: ids.filter((each) => each !== id).join(',') });
  return (
    <>
      {ids.length < COMPARED_MAX && (
        <Picker ids={ids} onPick={(id) => change({ ids: [...ids, id].join(',') })} />
      )}
      {ids.length === 0 && (
        <NoneOf title="Nothing to compare yet">Choose two or three drifts above.</NoneOf>
      )}
      <div className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
        {ids.map((id, at) => {
          const query = queries[at];
          return query === undefined ? null : (
            <Answered key={id} query={query} what="The drift">
              {(drift) => <DriftCard drift={drift} onRemove={() => without(id)} />}
            </Answered>
          );
        })}
      </div>
    </>
  );
}

function Picker({ ids, onPick }: { ids: readonly string[]; onPick: (id: string) => void }) {
  const { data = [] } = useNewestDrift();
  const choices = data.filter(({ drift_id }) => !ids.includes(drift_id)).slice(0, 200);
  return (
    <select
      aria-label="Add a drift"
      value=""
      onChange={(event) => onPick(event.target.value)}
      className="mb-4 h-9 w-full max-w-xl rounded-lg border border-line bg-raised px-2 text-sm"
    >
      <option value="">Add a drift…</option>
      {choices.map((drift) => (
        <option key={drift.drift_id} value={drift.drift_id}>
          {drift.agent_id} {drift.agent_version}: {describeDrift(drift)}
        </option>
      ))}
    </select>
  );
}

function DriftCard({ drift, onRemove }: { drift: BehaviorDrift; onRemove: () => void }) {
  return (
    <Card className="min-w-0">
      <div className="mb-3 flex items-start justify-between gap-2">
        <h2 className="min-w-0 text-sm font-semibold break-words">
          <Link
            to="/behaviour/$id"
            params={{ id: drift.drift_id }}
            className="underline-offset-4 hover:underline"
          >
            {describeDrift(drift)}
          </Link>
        </h2>
        <IconButton
          label="Take it out of the comparison"
          onClick={onRemove}
          className="-mt-2 -mr-2"
        >
          <X className="size-4" aria-hidden />
        </IconButton>
      </div>
      <DriftFacts drift={drift} />
    </Card>
  );
}
