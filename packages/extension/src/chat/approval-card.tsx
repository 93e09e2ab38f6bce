import { Button, describeError, JsonView } from '@cairn/web';
import { useMutation } from '@tanstack/react-query';
import { ShieldQuestion } from 'lucide-react';
import { useSession } from '../session/session.ts';
import type { Approval } from './pending-approvals.ts';

/** A tool call that wants the consent of its reader, with its input as the tool would get it. */
export function ApprovalCard({ approval }: { approval: Approval }) {
  const { client } = useSession();
  const decide = useMutation({
    mutationFn: (decision: 'approve' | 'deny') => client.approvals[decision](approval.id),
  });
  const decision = approval.decision ?? (decide.isSuccess ? decide.variables : null);
  if (decision !== null) {
    return (
      <p className="text-xs text-ink-faint" data-testid="approval" data-state={decision}>
        {decision === 'approve' ? 'Approved' : 'Denied'}:{' '}
        <span className="font-mono">{approval.tool}</span>
      </p>
    );
  }
  return (
    <section
      aria-label={`Consent to ${approval.tool}`}
      data-testid="approval"
      data-state="pending"
      className="rounded-xl border border-line-strong bg-warn-soft p-3"
    >
      <div className="flex items-start gap-2">
        <ShieldQuestion className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden />
        <p className="min-w-0 flex-1 break-words">{approval.message}</p>
      </div>
      <details className="mt-2">
        <summary className="cursor-pointer text-xs text-ink-soft">
          Input of <span className="font-mono">{approval.tool}</span>
        </summary>
        <div className="mt-1.5 max-h-48 overflow-auto rounded-lg bg-surface p-2">
          <JsonView value={approval.input} />
        </div>
      </details>
      {decide.isError && (
        <p role="alert" className="mt-2 text-xs break-words text-bad">
          {describeError(decide.error).summary}
        </p>
      )}
      <div className="mt-2.5 flex gap-2">
        <Button
          look="primary"
          className="h-8 flex-1"
          disabled={decide.isPending}
          onClick={() => decide.mutate('approve')}
        >
          Approve
        </Button>
        <Button
          className="h-8 flex-1"
          disabled={decide.isPending}
          onClick={() => decide.mutate('deny')}
        >
          Deny
        </Button>
      </div>
    </section>
  );
}
