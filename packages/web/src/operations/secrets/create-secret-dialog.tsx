import { SECRET_BYTES, SECRET_SCOPES, type SecretScope } from '@cairn/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSession } from '../../session/session.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { useToaster } from '../../ui/toasts.tsx';
import { AgentField } from '../agent-field.tsx';
import { FormDialog } from '../form-dialog.tsx';
import { MaskedField } from '../masked-field.tsx';
import { operationKeys } from '../operation-keys.ts';

const NAME_CHARS = 255;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SCOPE_WORDS: Readonly<Record<SecretScope, string>> = {
  global: 'The whole tenant',
  workspace: 'A workspace',
  agent: 'One agent',
};

/** Keeps a new secret. Its value is typed in and never comes back into the form. */
export function CreateSecretDialog({ onClose }: { onClose: () => void }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [name, setName] = useState('');
  const [scope_type, setScope] = useState<SecretScope>('global');
  const [scope_id, setScopeId] = useState('');
  const [value, setValue] = useState('');
  const needs_id = scope_type !== 'global';
  const is_ready = name.trim() !== '' && value !== '' && (!needs_id || UUID.test(scope_id));
  const create = async () => {
    const scope = needs_id ? { scope_type, scope_id } : { scope_type };
    await client.secrets.create({ name: name.trim(), ...scope, value });
    toaster.done(`The secret ${name.trim()} is kept`);
    void cache.invalidateQueries({ queryKey: operationKeys.secrets });
    void cache.invalidateQueries({ queryKey: operationKeys.secret_audit });
    onClose();
  };
  return (
    <FormDialog
      title="New secret"
      description="The value is encrypted before it is stored. To see it again one must say why."
      verb="Keep it"
      is_ready={is_ready}
      submit={create}
      onClose={onClose}
    >
      <TextField
        label="Name"
        autoFocus
        required
        placeholder="MAIL_KEY"
        maxLength={NAME_CHARS}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <SelectField
        label="For"
        value={scope_type}
        onChange={(event) =>
          setScope(SECRET_SCOPES.find((each) => each === event.target.value) ?? 'global')
        }
      >
        {SECRET_SCOPES.map((each) => (
          <option key={each} value={each}>
            {SCOPE_WORDS[each]}
          </option>
        ))}
      </SelectField>
      {scope_type === 'agent' && (
        <AgentField
          label="Agent"
          value={scope_id}
          onChange={(event) => setScopeId(event.target.value)}
        />
      )}
      {scope_type === 'workspace' && (
        <TextField
          label="Id of the workspace"
          value={scope_id}
          error={scope_id === '' || UUID.test(scope_id) ? null : 'A UUID is expected'}
          onChange={(event) => setScopeId(event.target.value.trim())}
        />
      )}
      <MaskedField
        label="Value"
        value={value}
        chars_max={SECRET_BYTES}
        has_lines
        onChange={setValue}
      />
    </FormDialog>
  );
}
