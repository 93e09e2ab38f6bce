import { SECRET_OVERLAP_S } from '@cairn/protocol';
import { useState } from 'react';
import { useSession } from '../../session/session.ts';
import { useToaster } from '../../ui/toasts.tsx';
import { useTextSearch } from '../../ui/use-text-search.ts';
import { AgentField } from '../agent-field.tsx';
import { FormDialog } from '../form-dialog.tsx';
import { MaskedField } from '../masked-field.tsx';
import { useCaller } from '../use-caller.ts';
import { OverlapField } from './overlap-field.tsx';
import { faultOf, SIGNING_CHARS } from './secret-rules.ts';

/** Sets the secret that signs for all webhooks of an agent. */
export function SigningSecretDialog({ onClose }: { onClose: () => void }) {
  const { client } = useSession();
  const toaster = useToaster();
  const caller = useCaller();
  const [search] = useTextSearch();
  const [agent_id, setAgent] = useState(search['agent'] ?? caller?.agent_id ?? '');
  const [secret, setSecret] = useState('');
  const [expire_previous_in_s, setOverlap] = useState(SECRET_OVERLAP_S);
  const save = async () => {
    await client.webhooks.setSecret(agent_id, { secret, expire_previous_in_s });
    toaster.done('The agent signs with the new secret');
    onClose();
  };
  return (
    <FormDialog
      title="Signing secret of an agent"
      description="It signs for all webhooks of the agent, beside the secret that each has of its own."
      verb="Set"
      is_ready={agent_id !== '' && faultOf(secret) === null}
      submit={save}
      onClose={onClose}
    >
      <AgentField
        label="Agent"
        value={agent_id}
        disabled={caller?.is_curator !== true}
        onChange={(event) => setAgent(event.target.value)}
      />
      <MaskedField
        label="Secret"
        hint="Of 8 to 255 characters."
        value={secret}
        chars_max={SIGNING_CHARS}
        onChange={setSecret}
      />
      <OverlapField value={expire_previous_in_s} onChange={setOverlap} />
    </FormDialog>
  );
}
