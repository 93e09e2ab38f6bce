import type { WebhookCreated } from '@cairn/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSession } from '../../session/session.ts';
import { TextField } from '../../ui/field.tsx';
import { useToaster } from '../../ui/toasts.tsx';
import { useTextSearch } from '../../ui/use-text-search.ts';
import { AgentField } from '../agent-field.tsx';
import { FormDialog } from '../form-dialog.tsx';
import { MaskedField } from '../masked-field.tsx';
import { operationKeys } from '../operation-keys.ts';
import { ShownOnce } from '../shown-once.tsx';
import { useCaller } from '../use-caller.ts';
import { faultOf, SIGNING_CHARS } from './secret-rules.ts';

const URL_CHARS = 2_000;

/** Makes a webhook; a secret that the server made for it is shown once. */
export function CreateWebhookDialog({ onClose }: { onClose: () => void }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const caller = useCaller();
  const [search] = useTextSearch();
  const [agent_id, setAgent] = useState(search['agent'] ?? caller?.agent_id ?? '');
  const [url, setUrl] = useState('');
  const [secret, setSecret] = useState('');
  const [created, setCreated] = useState<WebhookCreated | null>(null);
  const create = async () => {
    const body = { url: url.trim(), ...(secret === '' ? {} : { secret }) };
    const made = await client.webhooks.create(agent_id, body);
    void cache.invalidateQueries({ queryKey: operationKeys.webhooks });
    toaster.done('The webhook is active');
    if (made.secret === null || secret !== '') onClose();
    else setCreated(made);
  };
  if (created?.secret != null) {
    return (
      <ShownOnce
        title="The webhook is signed with this secret"
        name="signing secret"
        value={created.secret}
        onClose={onClose}
      />
    );
  }
  return (
    <FormDialog
      title="New webhook"
      description="Events that match the selectors of the agent are sent to the address, signed."
      verb="Create"
      is_ready={agent_id !== '' && URL.canParse(url.trim()) && (secret === '' || !faultOf(secret))}
      submit={create}
      onClose={onClose}
    >
      <AgentField
        label="Agent"
        value={agent_id}
        disabled={caller?.is_curator !== true}
        onChange={(event) => setAgent(event.target.value)}
      />
      <TextField
        label="Address"
        autoFocus
        type="url"
        required
        placeholder="https://example.com/hook"
        maxLength={URL_CHARS}
        value={url}
        onChange={(event) => setUrl(event.target.value)}
      />
      <MaskedField
        label="Secret that signs"
        hint="Of 8 to 255 characters. Leave it empty, and the server makes one and shows it once."
        value={secret}
        chars_max={SIGNING_CHARS}
        is_required={false}
        onChange={setSecret}
      />
    </FormDialog>
  );
}
