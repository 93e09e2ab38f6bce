import type { DeadLetter } from '@cairn/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { RotateCw } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useSession } from '../session/session.ts';
import { JsonView } from '../trail/json-view.tsx';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { DialogFrame } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { LostLink } from './lost-link.tsx';
import { operationKeys } from './operation-keys.ts';

/** One event that could not be delivered, as it was sent, with the way to send it again. */
export function DeadLetterDialog({ letter, onClose }: { letter: DeadLetter; onClose: () => void }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [error, setError] = useState<unknown>(null);
  const [is_busy, setBusy] = useState(false);
  const finish = async (said: string, act: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await act();
      toaster.done(said);
      onClose();
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
    await cache.invalidateQueries({ queryKey: operationKeys.dead_letters });
  };
  const { id, url, endpoint_id, agent_id, payload, attempts, last_error, webhook_id } = letter;
  return (
    <DialogFrame title="Dead letter" description={url} onClose={onClose}>
      <dl className="space-y-2 text-sm">
        <Line name="What was lost">
          <LostLink payload={payload} />
        </Line>
        <Line name="Last error">{last_error}</Line>
        <Line name="Attempts">{String(attempts)}</Line>
        <Line name="webhook-id">{webhook_id}</Line>
      </dl>
      {error !== null && (
        <div className="mt-3">
          <ErrorNotice title="That did not work" error={error} />
        </div>
      )}
      <div className="mt-4 flex flex-wrap items-center justify-end gap-2">
        <Link
          to="/operations/{-$part}"
          params={{ part: 'webhooks' }}
          search={{ agent: agent_id, webhook: endpoint_id }}
          className="mr-auto text-xs text-ink-soft underline underline-offset-4 hover:text-ink"
        >
          Its webhook
        </Link>
        <Button
          look="danger"
          disabled={is_busy}
          onClick={() =>
            void finish('1 dead letter thrown away', () => client.dead_letters.delete(id))
          }
        >
          Throw away
        </Button>
        <Button
          look="primary"
          disabled={is_busy}
          onClick={() =>
            void finish('1 dead letter sent again', () => client.dead_letters.retry(id))
          }
        >
          <RotateCw className="size-4" aria-hidden />
          Send again
        </Button>
      </div>
      <div className="mt-4 flex items-center justify-between">
        <h3 className="text-xs font-medium text-ink-soft">The event</h3>
        <CopyButton text={JSON.stringify(payload, null, 2)} label="Copy the event" />
      </div>
      <div className="rounded-lg bg-sunken p-2.5">
        <JsonView value={payload} />
      </div>
    </DialogFrame>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-2xs text-ink-faint">{name}</dt>
      <dd className="break-words">{children}</dd>
    </div>
  );
}
