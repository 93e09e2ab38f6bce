import type { Webhook } from '@cairn/protocol';
import { KeyRound, Plus, Webhook as WebhookIcon } from 'lucide-react';
import { useState } from 'react';
import { StatusBadge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FilterBar, SelectFilter } from '../../ui/filters.tsx';
import { Section } from '../../ui/page.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { useTextSearch } from '../../ui/use-text-search.ts';
import { AgentName } from '../agent-name.tsx';
import { labelOf } from '../agent-names.ts';
import { useAgents, useDefinitions } from '../use-agents.ts';
import { useCaller } from '../use-caller.ts';
import { useSteps } from '../use-steps.ts';
import { CreateWebhookDialog } from './create-webhook-dialog.tsx';
import { SelectorNote } from './selector-note.tsx';
import { SigningSecretDialog } from './signing-secret-dialog.tsx';
import { useWebhooks } from './use-webhooks.ts';
import { WebhookDetail } from './webhook-detail.tsx';
import { stateOf } from './webhook-state.ts';

/** The webhooks of the agents; one of them where the address names it. */
export function WebhooksPart() {
  const [{ agent = '', webhook = '', show = '' }, change] = useTextSearch();
  const list = useWebhooks(agent);
  const all = list.data?.webhooks;
  const named = webhook === '' ? undefined : all?.find(({ id }) => id === webhook);
  if (named !== undefined)
    return <WebhookDetail webhook={named} onBack={() => change({ webhook: '' }, { push: true })} />;
  const shown = all?.filter(
    ({ disabled_reason }) => show === 'all' || disabled_reason !== 'deleted',
  );
  return (
    <Section title="Webhooks" {...(shown ? { count: shown.length } : {})} actions={<Actions />}>
      <Filters />
      <WebhookTable list={{ ...list, data: shown }} />
      {list.data?.is_cut === true && (
        <p className="mt-2 text-xs text-ink-soft">
          There are very many agents. Choose one to see whether it has webhooks.
        </p>
      )}
      <SelectorNote />
    </Section>
  );
}

function WebhookTable({ list }: { list: Parameters<typeof useSteps<Webhook>>[0] }) {
  return (
    <DataTable
      label="Webhooks"
      rows={useSteps(list)}
      columns={COLUMNS}
      rowKey={({ id }) => id}
      linkTo={({ id, agent_id }) => `/operations/webhooks?agent=${agent_id}&webhook=${id}`}
      empty={
        <EmptyState
          Icon={WebhookIcon}
          title="No webhooks"
          command={`curl -X POST ${globalThis.location.origin}/v1/agents/AGENT_ID/webhooks -H 'Authorization: Bearer KEY' -H 'content-type: application/json' -d '{"url":"https://example.com/hook"}'`}
        >
          A webhook sends the events that match the selectors of an agent to an address.
        </EmptyState>
      }
    />
  );
}

const COLUMNS: readonly Column<Webhook>[] = [
  { key: 'url', name: 'Address', cell: ({ url }) => url },
  {
    key: 'agent',
    name: 'Agent',
    is_minor: true,
    cell: ({ agent_id }) => <AgentName id={agent_id} />,
  },
  {
    key: 'state',
    name: 'State',
    cell: (webhook) => {
      const { tone, word } = stateOf(webhook);
      return <StatusBadge tone={tone}>{word}</StatusBadge>;
    },
  },
  {
    key: 'updated',
    name: 'Changed',
    is_minor: true,
    cell: ({ updated_at }) => <TimeAgo at={Date.parse(updated_at)} />,
  },
];

function Actions() {
  const [open, setOpen] = useState<'create' | 'secret' | null>(null);
  const close = () => setOpen(null);
  return (
    <div className="flex gap-2">
      <Button onClick={() => setOpen('secret')}>
        <KeyRound className="size-4" aria-hidden />
        <span className="max-sm:sr-only">Signing secret</span>
      </Button>
      <Button look="primary" onClick={() => setOpen('create')}>
        <Plus className="size-4" aria-hidden />
        New webhook
      </Button>
      {open === 'create' && <CreateWebhookDialog onClose={close} />}
      {open === 'secret' && <SigningSecretDialog onClose={close} />}
    </div>
  );
}

const CHOICES_AT_MOST = 500;

function Filters() {
  const [{ agent = '', show = '' }, change] = useTextSearch();
  const caller = useCaller();
  const { agents } = useAgents();
  const definitions = useDefinitions();
  const choices = agents?.slice(0, CHOICES_AT_MOST) ?? [];
  return (
    <FilterBar>
      {caller?.is_curator === true && (
        <SelectFilter
          label="Agent"
          value={agent}
          options={choices.map(({ id }) => ({ value: id, name: labelOf(id, definitions).name }))}
          onChange={(value) => change({ agent: value })}
        />
      )}
      <label className="inline-flex h-9 items-center gap-2 text-sm text-ink-soft">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={show === 'all'}
          onChange={(event) => change({ show: event.target.checked ? 'all' : '' })}
        />
        Deleted too
      </label>
    </FilterBar>
  );
}
