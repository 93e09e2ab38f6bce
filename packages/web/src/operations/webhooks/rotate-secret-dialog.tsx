import { SECRET_OVERLAP_S, type Webhook } from '@cairn/protocol';
import { useState } from 'react';
import { useSession } from '../../session/session.ts';
import { FormDialog } from '../form-dialog.tsx';
import { MaskedField } from '../masked-field.tsx';
import { ShownOnce } from '../shown-once.tsx';
import { OverlapField } from './overlap-field.tsx';
import { faultOf, SIGNING_CHARS } from './secret-rules.ts';

/** Gives a webhook another secret, which is shown once. */
export function RotateSecretDialog({
  webhook,
  onClose,
}: {
  webhook: Webhook;
  onClose: () => void;
}) {
  const { client } = useSession();
  const [secret, setSecret] = useState('');
  const [expire_previous_in_s, setOverlap] = useState(SECRET_OVERLAP_S);
  const [rotated, setRotated] = useState<string | null>(null);
  const rotate = async () => {
    const rotation = { expire_previous_in_s, ...(secret === '' ? {} : { secret }) };
    const answer = await client.webhooks.rotateSecret(webhook.agent_id, webhook.id, rotation);
    setRotated(answer.secret);
  };
  if (rotated !== null) {
    return (
      <ShownOnce
        title="The webhook is signed with this secret"
        name="signing secret"
        value={rotated}
        onClose={onClose}
      />
    );
  }
  return (
    <FormDialog
      title="Another secret for this webhook"
      description="Both sign until the one before expires, so that its receiver can change in peace."
      verb="Rotate"
      is_ready={secret === '' || faultOf(secret) === null}
      submit={rotate}
      onClose={onClose}
    >
      <OverlapField value={expire_previous_in_s} onChange={setOverlap} />
      <MaskedField
        label="New secret"
        hint="Leave it empty, and the server makes one and shows it once."
        value={secret}
        chars_max={SIGNING_CHARS}
        is_required={false}
        onChange={setSecret}
      />
    </FormDialog>
  );
}
