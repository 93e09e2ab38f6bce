import { FilterBar } from '../ui/filters.tsx';
import { Page } from '../ui/page.tsx';
import { TabView } from '../ui/tabs.tsx';
import { useTextSearch } from '../ui/use-text-search.ts';
import { AgentFilters } from './agent-filters.tsx';
import { CompareTab } from './compare-tab.tsx';
import { DecisionsTab } from './decisions-tab.tsx';
import { MomentFields, RangeFilter } from './range-filter.tsx';
import { SignalsTab } from './signals-tab.tsx';
import { StatsOverview } from './stats-overview.tsx';
import { STATISTICS_SINCE } from './use-figures.ts';

const NO_TAB_FILTERS = { type: '', selected: '', code: '', value: '', who: '', min_confidence: '' };
const NAMES = ['agent', 'version', 'environment', 'since', 'until'] as const;

/** Figures about many runs: which, the address says. */
export function StatisticsPage() {
  const [search, change] = useTextSearch();
  const has_any = NAMES.some((name) => search[name] !== undefined);
  const clear = () => change(Object.fromEntries(NAMES.map((name) => [name, ''])));
  const parts = { search, change };
  return (
    <Page
      title="Statistics"
      about="How the runs that have ended went: how often, how long, at what cost."
    >
      <FilterBar {...(has_any ? { onClear: clear } : {})}>
        <RangeFilter search={search} change={change} fallback={STATISTICS_SINCE} />
        <MomentFields search={search} change={change} />
        {search['tab'] !== 'compare' && <AgentFilters search={search} change={change} />}
      </FilterBar>
      <TabView
        label="Statistics"
        value={search['tab'] ?? ''}
        // The tabs narrow by names that they share, such as `type`.
        onChange={(tab) => change({ ...NO_TAB_FILTERS, tab: tab === 'overview' ? '' : tab })}
        tabs={[
          { value: 'overview', name: 'Overview', content: <StatsOverview {...parts} /> },
          { value: 'decisions', name: 'Decisions', content: <DecisionsTab {...parts} /> },
          { value: 'signals', name: 'Signals', content: <SignalsTab {...parts} /> },
          { value: 'compare', name: 'Compare versions', content: <CompareTab {...parts} /> },
        ]}
      />
    </Page>
  );
}
