import type { ApprovalItem } from '@cairn/protocol';
import { Link } from '@tanstack/react-router';
import { useQueryClient } from '@tanstack/react-query';
import { Check, Hand, X } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '../session/session.ts';
import { JsonView } from '../trail/json-view.tsx';
import { Button } from '../ui/button.tsx';
import { useNow } from '../ui/clock.ts';
import { formatDuration } from '../ui/format-time.ts';
import { TextField } from '../ui/field.tsx';
import { ScrollBox } from '../ui/scroll-box.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { PENDING_APPROVALS } from './pending-approvals.ts';

const COMMENT_CHARS = 2_000;

/** A tool call that waits for a person: what would be done, and the two answers. */
export function ApprovalCard({
  approval,
  is_in_chat = false,
}: {
  approval: ApprovalItem;
  /** In its own conversation there is no need to link to it. */
  is_in_chat?: boolean;
}) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [comment, setComment] = useState('');
  const [is_busy, setBusy] = useState(false);
  const { id, agent_id, agent_name, tool, input, conversation_id } = approval;

  async function decide(decision: 'approve' | 'deny'): Promise<void> {
    setBusy(true);
    try {
      await client.approvals[decision](id, comment.trim() === '' ? undefined : comment.trim());
      toaster.done(decision === 'approve' ? `${tool} may run` : `${tool} will not run`);
      cache.setQueryData<readonly ApprovalItem[]>(PENDING_APPROVALS, (known) =>
        known?.filter((each) => each.id !== id),
      );
    } catch (error) {
      toaster.failed('The decision was not taken', error);
      void cache.invalidateQueries({ queryKey: PENDING_APPROVALS });
    }
    setBusy(false);
  }

  return (
    <section
      aria-label={`Approval of ${tool}`}
      data-testid="approval"
      className="rounded-xl border border-warn bg-raised p-4"
    >
      <div className="flex items-start gap-3">
        <Hand className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden />
        <div className="min-w-0 flex-1">
          <p className="text-sm font-medium break-words">
            <Link
              to="/team/agents/$id"
              params={{ id: agent_id }}
              className="underline-offset-4 hover:underline"
            >
              {agent_name}
            </Link>{' '}
            asks to use <span className="font-mono text-xs">{tool}</span>
          </p>
          <Expiry approval={approval} />
          <details className="mt-2" open>
            <summary className="cursor-pointer text-xs text-ink-soft">With this input</summary>
            <ScrollBox
              label="Input of the tool"
              className="mt-1.5 max-h-56 overflow-auto rounded-lg bg-sunken p-2.5"
            >
              <JsonView value={input} />
            </ScrollBox>
          </details>
          <div className="mt-3 grid items-end gap-2 sm:grid-cols-[1fr_auto_auto]">
            <TextField
              label="Comment for the agent"
              placeholder="Optional"
              value={comment}
              maxLength={COMMENT_CHARS}
              onChange={(event) => setComment(event.target.value)}
            />
            <Button disabled={is_busy} onClick={() => void decide('deny')}>
              <X className="size-4" aria-hidden />
              Deny
            </Button>
            <Button look="primary" disabled={is_busy} onClick={() => void decide('approve')}>
              <Check className="size-4" aria-hidden />
              Approve
            </Button>
          </div>
          {!is_in_chat && (
            <Link
              to="/chat/{-$conversation_id}"
              params={{ conversation_id }}
              className="mt-2 inline-block text-xs text-ink-soft underline underline-offset-4 hover:text-ink"
            >
              Open the conversation
            </Link>
          )}
        </div>
      </div>
    </section>
  );
}

function Expiry({ approval }: { approval: ApprovalItem }) {
  const left = Date.parse(approval.expires_at) - useNow();
  const then = approval.on_expiry === 'approve' ? 'then it runs' : 'then it is refused';
  return (
    <p className="mt-0.5 text-xs text-ink-soft tabular-nums">
      {left > 0 ? `${formatDuration(left)} left to decide, ${then}` : 'Its time is over'}
    </p>
  );
}
