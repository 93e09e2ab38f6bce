import type { BehaviorBaseline, BehaviorProfile } from '@cairn/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { Facts } from '../runs/facts.tsx';
import { formatCount, formatPart, formatSpan } from '../ui/format-figures.ts';
import { Answered } from '../runs/read-section.tsx';
import { useSession } from '../session/session.ts';
import { StatusBadge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { DialogFrame } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { formatMoment } from '../ui/format-time.ts';
import { useToaster } from '../ui/toasts.tsx';
import { BASELINE_NAMES } from './baseline-form.tsx';

/** A baseline in full: whose it is, what was measured for it, and what can be done with it. */
export function BaselineDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { client } = useSession();
  const baseline = useQuery({
    queryKey: ['drift', 'baseline', id],
    queryFn: ({ signal }) => client.drift.getBaseline(id, { signal }),
  });
  return (
    <DialogFrame title="Baseline" onClose={onClose}>
      <Answered query={baseline} what="The baseline">
        {(found) => (
          <div className="space-y-5">
            <BaselineFacts baseline={found} />
            <BaselineActions baseline={found} />
            <Profile id={found.profile_id} />
          </div>
        )}
      </Answered>
    </DialogFrame>
  );
}

function BaselineFacts({ baseline }: { baseline: BehaviorBaseline }) {
  const { agent_id, agent_version, environment } = baseline;
  return (
    <>
      <Facts
        facts={[
          ['Agent', `${agent_id} ${agent_version}`],
          ['Environment', environment],
          [
            'State',
            <StatusBadge key="state" tone={baseline.is_active ? 'good' : 'calm'}>
              {baseline.is_active ? 'Active' : 'Inactive'}
            </StatusBadge>,
          ],
          ['Type', BASELINE_NAMES[baseline.baseline_type]],
          ['Description', baseline.description],
          [
            'Approved',
            baseline.approved_by === null
              ? 'by nobody yet'
              : `by ${baseline.approved_by}, ${formatMoment(Date.parse(baseline.approved_at ?? ''))}`,
          ],
          ['Made', formatMoment(Date.parse(baseline.created_at))],
        ]}
      />
      <Link
        to="/behaviour"
        search={{ tab: 'drift', agent: agent_id, version: agent_version, environment }}
        className="text-xs font-medium text-accent underline underline-offset-4"
      >
        Drift of this agent
      </Link>
    </>
  );
}

function BaselineActions({ baseline }: { baseline: BehaviorBaseline }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [is_busy, setBusy] = useState(false);
  const { baseline_id, is_active, approved_by } = baseline;
  const act = async (what: string, change: () => Promise<BehaviorBaseline>) => {
    setBusy(true);
    try {
      await change();
      toaster.done(`The baseline is ${what}`);
      await cache.invalidateQueries({ queryKey: ['drift'] });
    } catch (error) {
      toaster.failed('That did not work', error);
    } finally {
      setBusy(false);
    }
  };
  const approve = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const by = new FormData(event.currentTarget).get('approved_by');
    if (typeof by !== 'string' || by.trim() === '') return;
    void act('approved', () => client.drift.approve(baseline_id, by.trim()));
  };
  return (
    <div className="flex flex-wrap items-end gap-3">
      {is_active ? (
        <Button
          disabled={is_busy}
          onClick={() => void act('inactive', () => client.drift.deactivate(baseline_id))}
        >
          Deactivate
        </Button>
      ) : (
        <Button
          look="primary"
          disabled={is_busy}
          onClick={() => void act('active', () => client.drift.activate(baseline_id))}
        >
          Activate
        </Button>
      )}
      {approved_by === null && (
        <form onSubmit={approve} className="flex items-end gap-2">
          <TextField label="Approved by" name="approved_by" required maxLength={255} />
          <Button type="submit" disabled={is_busy}>
            Approve
          </Button>
        </form>
      )}
    </div>
  );
}

function Profile({ id }: { id: string }) {
  const { client } = useSession();
  const profile = useQuery({
    queryKey: ['drift', 'profile', id],
    queryFn: ({ signal }) => client.drift.getProfile(id, { signal }),
  });
  return (
    <Answered query={profile} what="The profile">
      {(found) => (
        <>
          <ProfileFacts profile={found} />
          <Distributions title="Decisions" distributions={found.decision_distributions} />
          <Distributions title="Quality signals" distributions={found.signal_distributions} />
        </>
      )}
    </Answered>
  );
}

function ProfileFacts({ profile }: { profile: BehaviorProfile }) {
  const { latency_stats: latency } = profile;
  const of = (value: number | null) => formatSpan(value);
  return (
    <section aria-label="What was measured">
      <h3 className="mb-1.5 text-xs font-semibold">What was measured</h3>
      <Facts
        facts={[
          ['From', formatMoment(Date.parse(profile.window_start))],
          ['Until', formatMoment(Date.parse(profile.window_end))],
          ['Runs', formatCount(profile.sample_size)],
          ['Run duration', `mean ${of(latency.mean)}, p50 ${of(latency.p50)}`],
          ['', `p95 ${of(latency.p95)}, p99 ${of(latency.p99)}`],
        ]}
      />
    </section>
  );
}

/** Rows of one type that are drawn. */
const CHOICES = 20;

function Distributions({
  title,
  distributions,
}: {
  title: string;
  distributions: BehaviorProfile['decision_distributions'];
}) {
  const types = Object.entries(distributions);
  if (types.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3 className="mb-1.5 text-xs font-semibold">{title}</h3>
      <div className="space-y-3">
        {types.map(([type, parts]) => (
          <div key={type}>
            <p className="text-2xs text-ink-faint">{type}</p>
            <ul className="mt-1 space-y-1 text-xs">
              {Object.entries(parts)
                .toSorted(([, a], [, b]) => b - a)
                .slice(0, CHOICES)
                .map(([choice, part]) => (
                  <li key={choice} className="flex items-center gap-3">
                    <span className="w-40 shrink-0 truncate" title={choice}>
                      {choice}
                    </span>
                    <span className="h-1.5 flex-1 rounded-full bg-sunken" aria-hidden>
                      <span
                        className="block h-full rounded-full bg-accent"
                        style={{ width: `${part * 100}%` }}
                      />
                    </span>
                    <span className="w-12 text-right tabular-nums">{formatPart(part)}</span>
                  </li>
                ))}
            </ul>
          </div>
        ))}
      </div>
    </section>
  );
}
