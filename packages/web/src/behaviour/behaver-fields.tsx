import type { BehaviorProfileCreate } from '@cairn/protocol';
import { useId, useState } from 'react';
import type { TextSearch } from '../routes/search.ts';
import { agentChoices } from '../runs/agent-choices.ts';
import { fromLocalField, toLocalField } from '../runs/read-range.ts';
import { useAgents } from '../runs/use-agents.ts';
import { TextField } from '../ui/field.tsx';

const DAY_MS = 86_400_000;
/** What the server takes at least and at most. */
const SAMPLE = { min: 10, max: 10_000, usual: 100 } as const;

/** What is filled in about whose behaviour is meant, and when. Times are as the fields show them. */
export interface BehaverDraft {
  readonly agent_id: string;
  readonly agent_version: string;
  readonly environment: string;
  readonly from: string;
  readonly until: string;
  readonly min_sample_size: string;
}

/** A draft of the agent that the address names, over the last days. */
export function useBehaverDraft(search: TextSearch, days: number) {
  return useState<BehaverDraft>(() => {
    const now = Date.now();
    const field = (at: number) => toLocalField(new Date(at).toISOString());
    return {
      agent_id: search['agent'] ?? '',
      agent_version: search['version'] ?? '',
      environment: search['environment'] ?? 'production',
      from: field(now - days * DAY_MS),
      until: field(now),
      min_sample_size: String(SAMPLE.usual),
    };
  });
}

/** A draft as the API takes it; null while a time cannot be read. */
export function toProfile(draft: BehaverDraft): BehaviorProfileCreate | null {
  const { agent_id, agent_version, environment } = draft;
  const window_start = fromLocalField(draft.from);
  const window_end = fromLocalField(draft.until);
  const min_sample_size = Number(draft.min_sample_size);
  if (window_start === '' || window_end === '') return null;
  return { agent_id, agent_version, environment, window_start, window_end, min_sample_size };
}

/** The fields that say whose behaviour is meant, and when. */
export function BehaverFields({
  draft,
  onChange,
}: {
  draft: BehaverDraft;
  onChange: (draft: BehaverDraft) => void;
}) {
  const agents = useAgents();
  const lists = useId();
  const choices = agentChoices(agents, undefined);
  const of_agent = agentChoices(agents, draft.agent_id);
  const set = (changes: Partial<BehaverDraft>) => onChange({ ...draft, ...changes });
  return (
    <>
      <TextField
        label="Agent"
        required
        maxLength={255}
        list={`${lists}agents`}
        value={draft.agent_id}
        onChange={({ target }) => set({ agent_id: target.value })}
      />
      <Options id={`${lists}agents`} values={choices.agents} />
      <div className="grid grid-cols-2 gap-3">
        <TextField
          label="Version"
          required
          maxLength={100}
          list={`${lists}versions`}
          value={draft.agent_version}
          onChange={({ target }) => set({ agent_version: target.value })}
        />
        <Options id={`${lists}versions`} values={of_agent.versions} />
        <TextField
          label="Environment"
          maxLength={50}
          list={`${lists}environments`}
          value={draft.environment}
          onChange={({ target }) => set({ environment: target.value })}
        />
        <Options id={`${lists}environments`} values={of_agent.environments} />
      </div>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField
          label="From"
          type="datetime-local"
          required
          value={draft.from}
          onChange={({ target }) => set({ from: target.value })}
        />
        <TextField
          label="Until"
          type="datetime-local"
          required
          hint="Taken down to whole hours."
          value={draft.until}
          onChange={({ target }) => set({ until: target.value })}
        />
      </div>
      <TextField
        label="Least number of runs"
        type="number"
        required
        min={SAMPLE.min}
        max={SAMPLE.max}
        hint="Fewer runs than this say little."
        value={draft.min_sample_size}
        onChange={({ target }) => set({ min_sample_size: target.value })}
      />
    </>
  );
}

function Options({ id, values }: { id: string; values: readonly string[] }) {
  return (
    <datalist id={id}>
      {values.map((value) => (
        <option key={value} value={value}>
          {value}
        </option>
      ))}
    </datalist>
  );
}
