import type { BehaviorDrift } from '@cairn/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams, type LinkProps } from '@tanstack/react-router';
import { Check } from 'lucide-react';
import { useState } from 'react';
import { Answered } from '../runs/read-section.tsx';
import { useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { Card, Page, Section } from '../ui/page.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { describeDrift, showDelta, showRelative, showValue } from './describe-drift.ts';
import { DriftFacts } from './drift-facts.tsx';

/** One drift: what changed, by how much, and how sure that is. */
export function DriftPage() {
  const { id } = useParams({ from: '/behaviour/$id' });
  const { client } = useSession();
  const drift = useQuery({
    queryKey: ['drift', 'one', id],
    queryFn: ({ signal }) => client.drift.get(id, { signal }),
  });
  const { data } = drift;
  if (data === undefined) {
    return (
      <Page title="Drift">
        <Answered query={drift} what="The drift">
          {() => null}
        </Answered>
      </Page>
    );
  }
  return (
    <Page
      title={describeDrift(data)}
      about={`${data.agent_id} ${data.agent_version} in ${data.environment || 'no environment'}. This was observed; whether it is good is for people to say.`}
      actions={<Resolve drift={data} />}
    >
      <Change drift={data} />
      <Section title="Details">
        <Card>
          <DriftFacts drift={data} />
        </Card>
      </Section>
      <Links drift={data} />
    </Page>
  );
}

function Resolve({ drift }: { drift: BehaviorDrift }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [is_busy, setBusy] = useState(false);
  if (drift.resolved_at !== null) return null;
  const resolve = async () => {
    setBusy(true);
    try {
      await client.drift.resolve(drift.drift_id);
      toaster.done('The drift is resolved');
    } catch (error) {
      toaster.failed('It was not resolved', error);
    } finally {
      setBusy(false);
      // Somebody else may have been faster.
      await cache.invalidateQueries({ queryKey: ['drift'] });
    }
  };
  return (
    <Button look="primary" disabled={is_busy} onClick={() => void resolve()}>
      <Check className="size-3.5" aria-hidden />
      Resolve
    </Button>
  );
}

/** Both values as bars of one scale. */
function Change({ drift }: { drift: BehaviorDrift }) {
  const { drift_type, baseline_value, observed_value } = drift;
  // Parts are parts of a whole; durations have no end.
  const whole = drift_type === 'latency' ? Math.max(baseline_value, observed_value, 1) : 1;
  return (
    <Card>
      <ul className="space-y-3 text-sm">
        {[
          { name: 'Baseline', value: baseline_value, look: 'bg-line-strong' },
          { name: 'Observed', value: observed_value, look: 'bg-accent' },
        ].map(({ name, value, look }) => (
          <li key={name} className="grid grid-cols-[5rem_minmax(0,1fr)_4.5rem] items-center gap-3">
            <span className="text-xs text-ink-soft">{name}</span>
            <span className="h-3 rounded-full bg-sunken" aria-hidden>
              <span
                className={classNames('block h-full min-w-0.5 rounded-full', look)}
                style={{ width: `${Math.min(100, (value / whole) * 100)}%` }}
              />
            </span>
            <span className="text-right font-semibold tabular-nums">
              {showValue(drift_type, value)}
            </span>
          </li>
        ))}
      </ul>
      <p className="mt-3 text-xs text-ink-soft">
        {showDelta(drift)}; {showRelative(drift)}
      </p>
    </Card>
  );
}

function Links({ drift }: { drift: BehaviorDrift }) {
  const { agent_id, agent_version, environment, baseline_id, drift_id } = drift;
  const agent = { agent: agent_id, version: agent_version, environment };
  return (
    <p className="mt-6 flex flex-wrap gap-x-5 gap-y-2 text-sm">
      <To
        name="Runs of the window"
        to="/runs"
        search={{
          ...agent,
          since: drift.observation_window_start,
          until: drift.observation_window_end,
        }}
      />
      <To
        name="The baseline"
        to="/behaviour"
        search={{ tab: 'baselines', baseline: baseline_id }}
      />
      <To name="Timeline" to="/behaviour" search={{ tab: 'timeline', ...agent }} />
      <To name="Compare" to="/behaviour" search={{ tab: 'compare', ids: drift_id }} />
      <To name="Other drift of this agent" to="/behaviour" search={{ tab: 'drift', ...agent }} />
    </p>
  );
}

function To({ name, ...to }: { name: string } & Pick<LinkProps, 'to' | 'search'>) {
  return (
    <Link {...to} className="font-medium text-accent underline-offset-4 hover:underline">
      {name}
    </Link>
  );
}
