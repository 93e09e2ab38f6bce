import { useQueryClient } from '@tanstack/react-query';
import { Plus, ScanSearch } from 'lucide-react';
import { useState } from 'react';
import { useReadAgainOn } from '../live/use-events.ts';
import { Button } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';
import { TabView } from '../ui/tabs.tsx';
import { useTextSearch } from '../ui/use-text-search.ts';
import { BaselineForm } from './baseline-form.tsx';
import { BaselinesTab } from './baselines-tab.tsx';
import { BehaversTab } from './behavers-tab.tsx';
import { CompareTab } from './compare-tab.tsx';
import { DetectForm } from './detect-form.tsx';
import { DriftTab } from './drift-tab.tsx';
import { TimelineTab } from './timeline-tab.tsx';

/** The server tells of drift by a breadcrumb of this schema. */
const DRIFT_ALERT = 'drift.alert.v1';

/** What one tab narrows by does not mean the same to another. */
const NO_TAB_FILTERS = { q: '', baseline: '', type: '', state: '' };

/** How the behaviour of agents changes: baselines, and what differs from them. */
export function BehaviourPage() {
  const [search, change] = useTextSearch();
  const cache = useQueryClient();
  const [shown, setShown] = useState<'baseline' | 'detect' | null>(null);
  const parts = { search, change };
  useReadAgainOn(['drift'], ({ schema_name }) => schema_name === DRIFT_ALERT);
  const close = () => setShown(null);
  const readAgain = () => void cache.invalidateQueries({ queryKey: ['drift'] });
  return (
    <Page
      title="Behaviour"
      about="What changed in what agents decide, in how well they do it and in how long they take."
      actions={
        <>
          <Button onClick={() => setShown('detect')}>
            <ScanSearch className="size-3.5" aria-hidden />
            Detect now
          </Button>
          <Button look="primary" onClick={() => setShown('baseline')}>
            <Plus className="size-3.5" aria-hidden />
            New baseline
          </Button>
        </>
      }
    >
      <TabView
        label="Behaviour"
        value={search['tab'] ?? ''}
        onChange={(tab) => change({ ...NO_TAB_FILTERS, tab: tab === 'agents' ? '' : tab })}
        tabs={[
          {
            value: 'agents',
            name: 'Agents',
            content: <BehaversTab {...parts} onNew={() => setShown('baseline')} />,
          },
          {
            value: 'baselines',
            name: 'Baselines',
            content: <BaselinesTab {...parts} onNew={() => setShown('baseline')} />,
          },
          { value: 'drift', name: 'Drift', content: <DriftTab {...parts} /> },
          { value: 'timeline', name: 'Timeline', content: <TimelineTab {...parts} /> },
          { value: 'compare', name: 'Compare', content: <CompareTab {...parts} /> },
        ]}
      />
      {shown === 'baseline' && (
        <BaselineForm
          search={search}
          onClose={close}
          onMade={({ baseline_id }) => {
            readAgain();
            change({ tab: 'baselines', baseline: baseline_id });
          }}
        />
      )}
      {shown === 'detect' && (
        <DetectForm
          search={search}
          onClose={close}
          onFound={({ agent_id }) => {
            readAgain();
            change({ tab: 'drift', agent: agent_id });
          }}
        />
      )}
    </Page>
  );
}
