import { WHEN_BUSY } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { CheckField, SelectField, TextArea, TextField } from '../ui/field.tsx';
import { Section } from '../ui/page.tsx';
import {
  agentOfDraft,
  CAPABILITIES,
  LIMIT_FIELDS,
  type AgentDraft,
  type AgentFaults,
} from './agent-draft.ts';

type Change = (changes: Partial<AgentDraft>) => void;

/** The fields of an agent. `before` is the definition that is changed, for what the form does not know; null for a new one. */
export function AgentForm({
  initial,
  before,
  verb,
  onSave,
}: {
  initial: AgentDraft;
  before: unknown;
  verb: string;
  /** Rejects with what the server says; it is shown and the form stays. */
  onSave: (context: Readonly<Record<string, unknown>>) => Promise<void>;
}) {
  const [draft, setDraft] = useState(initial);
  const [faults, setFaults] = useState<AgentFaults>({});
  const [state, setState] = useState<{ is_busy: boolean; error: unknown }>({
    is_busy: false,
    error: null,
  });
  const change: Change = (changes) => setDraft((known) => ({ ...known, ...changes }));
  const save = async () => {
    const read = agentOfDraft(draft, before);
    setFaults('faults' in read ? read.faults : {});
    if ('faults' in read) return;
    setState({ is_busy: true, error: null });
    try {
      await onSave(read.context);
      setState({ is_busy: false, error: null });
    } catch (error) {
      setState({ is_busy: false, error });
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Instructions draft={draft} faults={faults} change={change} />
      <ToolChoice draft={draft} change={change} />
      <Rights draft={draft} change={change} />
      <Limits draft={draft} faults={faults} change={change} />
      <Section title="What it listens to">
        <TextArea
          label="Selectors, as JSON"
          hint="One with the role trigger starts a run; those with the role context are shown to the model."
          value={draft.selectors}
          error={faults['selectors'] ?? null}
          onChange={(event) => change({ selectors: event.target.value })}
        />
      </Section>
      {state.error !== null && (
        <div className="mt-6">
          <ErrorNotice title="It was not saved" error={state.error} />
        </div>
      )}
      <div className="mt-6 flex justify-end">
        <Button look="primary" type="submit" disabled={state.is_busy}>
          {verb}
        </Button>
      </div>
    </form>
  );
}

interface Part {
  readonly draft: AgentDraft;
  readonly change: Change;
}

function Instructions({ draft, faults, change }: Part & { faults: AgentFaults }) {
  return (
    <Section title="Who it is">
      <div className="space-y-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            label="Name"
            hint="Short, such as clerk."
            value={draft.agent_id}
            error={faults['agent_id'] ?? null}
            onChange={(event) => change({ agent_id: event.target.value })}
          />
          <TextField
            label="Description"
            value={draft.description}
            onChange={(event) => change({ description: event.target.value })}
          />
          <TextField
            label="Model"
            placeholder="the server's usual one"
            hint="provider/model"
            value={draft.model}
            onChange={(event) => change({ model: event.target.value })}
          />
          <TextField
            label="Temperature"
            placeholder="as the provider has it"
            inputMode="decimal"
            value={draft.temperature}
            error={faults['temperature'] ?? null}
            onChange={(event) => change({ temperature: event.target.value })}
          />
        </div>
        <TextArea
          label="Instructions"
          className="min-h-40 font-sans text-sm"
          value={draft.system_prompt}
          error={faults['system_prompt'] ?? null}
          onChange={(event) => change({ system_prompt: event.target.value })}
        />
      </div>
    </Section>
  );
}

function ToolChoice({ draft, change }: Part) {
  const { client } = useSession();
  const tools = useQuery({
    queryKey: ['tools'],
    queryFn: ({ signal }) => client.registry.tools({ signal }),
  });
  const chosen = draft.tools;
  const names = [
    ...new Set([...(tools.data?.map(({ name }) => name) ?? []), ...(chosen ?? [])]),
  ].toSorted();
  const toggle = (name: string) =>
    chosen?.includes(name) ? chosen.filter((each) => each !== name) : [...(chosen ?? []), name];
  return (
    <Section title="Tools">
      <CheckField
        label="All tools that there are"
        hint="Also those that are added later."
        checked={chosen === null}
        onChange={(event) => change({ tools: event.target.checked ? null : [] })}
      />
      {chosen !== null && (
        <div className="mt-3 grid max-h-64 grid-cols-1 gap-2 overflow-y-auto rounded-xl border border-line bg-raised p-3 sm:grid-cols-2">
          {names.map((name) => (
            <CheckField
              key={name}
              label={name}
              checked={chosen.includes(name)}
              onChange={() => change({ tools: toggle(name) })}
            />
          ))}
        </div>
      )}
      <div className="mt-4">
        <TextField
          label="Only with the consent of a person"
          hint="Names of tools with blanks between, or * for all."
          value={draft.approvals}
          onChange={(event) => change({ approvals: event.target.value })}
        />
      </div>
    </Section>
  );
}

function Rights({ draft, change }: Part) {
  return (
    <Section title="It may">
      <div className="grid gap-2 sm:grid-cols-2">
        {CAPABILITIES.map(({ name, says }) => (
          <CheckField
            key={name}
            label={says}
            checked={draft.capabilities[name] ?? false}
            onChange={(event) =>
              change({ capabilities: { ...draft.capabilities, [name]: event.target.checked } })
            }
          />
        ))}
      </div>
    </Section>
  );
}

const BUSY_WORDS = {
  queue: 'answers one after the other',
  reject: 'refuses the new message',
  interrupt: 'stops, and takes up the new message',
} as const;

function Limits({ draft, faults, change }: Part & { faults: AgentFaults }) {
  return (
    <Section title="Limits of one run">
      <div className="grid grid-cols-2 gap-4 sm:grid-cols-3">
        {LIMIT_FIELDS.map(({ name, label, usual }) => (
          <TextField
            key={name}
            label={label}
            placeholder={usual}
            inputMode="decimal"
            value={draft.limits[name] ?? ''}
            error={faults[name] ?? null}
            onChange={(event) =>
              change({ limits: { ...draft.limits, [name]: event.target.value } })
            }
          />
        ))}
      </div>
      <div className="mt-4 max-w-sm">
        <SelectField
          label="When a message comes while it is busy, it"
          value={draft.when_busy}
          onChange={(event) => change({ when_busy: event.target.value })}
        >
          {WHEN_BUSY.map((each) => (
            <option key={each} value={each}>
              {BUSY_WORDS[each]}
            </option>
          ))}
        </SelectField>
      </div>
    </Section>
  );
}
