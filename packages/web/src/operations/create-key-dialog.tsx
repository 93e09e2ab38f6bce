import type { ApiKeyCreated, Role } from '@cairn/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSession } from '../session/session.ts';
import { TextField } from '../ui/field.tsx';
import { useTextSearch } from '../ui/use-text-search.ts';
import { AgentField } from './agent-field.tsx';
import { FormDialog } from './form-dialog.tsx';
import { endOfDay } from './key-state.ts';
import { operationKeys } from './operation-keys.ts';
import { RolesField } from './roles-field.tsx';
import { ShownOnce } from './shown-once.tsx';
import { useAgents } from './use-agents.ts';
import { useCaller } from './use-caller.ts';

const NAME_CHARS = 100;

/** Makes an API key and shows it once. */
export function CreateKeyDialog({ onClose }: { onClose: () => void }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const caller = useCaller();
  const { agents } = useAgents();
  const [search] = useTextSearch();
  const [name, setName] = useState('');
  const [agent_id, setAgent] = useState(search['agent'] ?? caller?.agent_id ?? '');
  const [roles, setRoles] = useState<readonly Role[]>(['emitter']);
  const [expires, setExpires] = useState('');
  const [created, setCreated] = useState<ApiKeyCreated | null>(null);
  // A key has no more than its agent, and no more than who makes it.
  const held = agents?.find(({ id }) => id === agent_id)?.roles;
  const allowed = (caller?.roles ?? []).filter((role) => held === undefined || held.includes(role));
  const create = async () => {
    const key = await client.createKey({
      name: name.trim(),
      agent_id,
      roles: roles.filter((role) => allowed.includes(role)),
      expires_at: endOfDay(expires),
    });
    setCreated(key);
    void cache.invalidateQueries({ queryKey: operationKeys.keys });
  };
  if (created !== null) {
    return (
      <ShownOnce
        title={`The key ${created.name}`}
        name="API key"
        value={created.key}
        onClose={onClose}
      />
    );
  }
  return (
    <FormDialog
      title="New API key"
      description="It acts as an agent, with some of its roles."
      verb="Create"
      is_ready={name.trim() !== '' && agent_id !== ''}
      submit={create}
      onClose={onClose}
    >
      <TextField
        label="Name"
        autoFocus
        required
        placeholder="build server"
        maxLength={NAME_CHARS}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <AgentField
        label="Acts as"
        value={agent_id}
        onChange={(event) => setAgent(event.target.value)}
      />
      <RolesField label="Roles" value={roles} allowed={allowed} onChange={setRoles} />
      <TextField
        label="Last day"
        hint="Without one the key does not expire."
        type="date"
        value={expires}
        onChange={(event) => setExpires(event.target.value)}
      />
    </FormDialog>
  );
}
