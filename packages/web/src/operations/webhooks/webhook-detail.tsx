import type { Webhook } from '@cairn/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Power, RotateCcwKey, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '../../session/session.ts';
import { StatusBadge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { Section } from '../../ui/page.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { useToaster } from '../../ui/toasts.tsx';
import { AgentName } from '../agent-name.tsx';
import { BackLink } from '../back-link.tsx';
import { FactList } from '../fact-list.tsx';
import { operationKeys } from '../operation-keys.ts';
import { useCaller } from '../use-caller.ts';
import { Attempts } from './attempts.tsx';
import { RotateSecretDialog } from './rotate-secret-dialog.tsx';
import { stateOf } from './webhook-state.ts';

/** One webhook: how it stands, what can be done with it, and how the last attempts went. */
export function WebhookDetail({ webhook, onBack }: { webhook: Webhook; onBack: () => void }) {
  const caller = useCaller();
  const { tone, word, why } = stateOf(webhook);
  return (
    <>
      <BackLink onBack={onBack}>All webhooks</BackLink>
      <Section title="Webhook" className="mt-2" actions={<Actions webhook={webhook} />}>
        <FactList
          facts={[
            { name: 'Address', value: <span className="break-all">{webhook.url}</span> },
            {
              name: 'State',
              value: (
                <>
                  <StatusBadge tone={tone}>{word}</StatusBadge>
                  <span className="mt-0.5 block text-xs text-ink-soft">{why}</span>
                </>
              ),
            },
            { name: 'Agent', value: <AgentName id={webhook.agent_id} /> },
            { name: 'Made', value: <TimeAgo at={Date.parse(webhook.created_at)} /> },
            { name: 'Changed', value: <TimeAgo at={Date.parse(webhook.updated_at)} /> },
            {
              name: 'What was not delivered',
              value:
                caller?.is_curator === true ? (
                  <Link
                    to="/operations/{-$part}"
                    params={{ part: 'dead-letters' }}
                    search={{ endpoint: webhook.id }}
                    className="underline underline-offset-4"
                  >
                    Its dead letters
                  </Link>
                ) : (
                  'Curators see its dead letters'
                ),
            },
          ]}
        />
      </Section>
      <Attempts webhook={webhook} />
    </>
  );
}

function Actions({ webhook }: { webhook: Webhook }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [open, setOpen] = useState<'rotate' | 'delete' | null>(null);
  const close = () => setOpen(null);
  const { id, agent_id, url, active } = webhook;
  const readAgain = () => void cache.invalidateQueries({ queryKey: operationKeys.webhooks });
  const activate = async () => {
    try {
      await client.webhooks.create(agent_id, { url });
      toaster.done('The webhook is active again');
    } catch (error) {
      toaster.failed('The webhook is still not active', error);
    }
    readAgain();
  };
  const remove = async () => {
    await client.webhooks.remove(agent_id, id);
    toaster.done('The webhook is deleted');
    readAgain();
  };
  return (
    <div className="flex shrink-0 flex-wrap justify-end gap-2">
      {!active && (
        <Button look="primary" onClick={() => void activate()}>
          <Power className="size-4" aria-hidden />
          Activate again
        </Button>
      )}
      <Button onClick={() => setOpen('rotate')}>
        <RotateCcwKey className="size-4" aria-hidden />
        <span className="max-sm:sr-only">Rotate secret</span>
      </Button>
      {webhook.disabled_reason !== 'deleted' && (
        <Button look="danger" onClick={() => setOpen('delete')}>
          <Trash2 className="size-4" aria-hidden />
          <span className="max-sm:sr-only">Delete</span>
        </Button>
      )}
      {open === 'rotate' && <RotateSecretDialog webhook={webhook} onClose={close} />}
      {open === 'delete' && (
        <ConfirmDialog
          title="Delete this webhook?"
          description={`What waits for ${url} is not sent any more.`}
          verb="Delete"
          act={remove}
          onClose={close}
        />
      )}
    </div>
  );
}
