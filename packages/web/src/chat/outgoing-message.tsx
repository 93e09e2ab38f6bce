import { CircleAlert, LoaderCircle } from 'lucide-react';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { describeError } from '../ui/describe-error.ts';

/** A message that the server has not confirmed yet. `error` is set when it said no or was not reached. */
export interface Outgoing {
  readonly key: string;
  readonly conversation_id: string;
  readonly text: string;
  readonly error: unknown;
}

/** A message on its way, or one that did not arrive. */
export function OutgoingMessage({ message, onRetry }: { message: Outgoing; onRetry: () => void }) {
  return (
    <div className="flex flex-col items-end" data-testid="outgoing">
      <p className="max-w-[85%] rounded-2xl rounded-br-md bg-sunken px-4 dark:bg-raised py-2.5 break-words whitespace-pre-wrap text-ink-soft">
        {message.text}
      </p>
      {message.error === null ? (
        <p className="mt-1 flex items-center gap-1.5 text-2xs text-ink-faint">
          <LoaderCircle className="size-3 animate-spin-slow" aria-hidden />
          Sending
        </p>
      ) : (
        <div role="alert" className="mt-1.5 flex max-w-full items-center gap-2 text-xs text-bad">
          <CircleAlert className="size-3.5 shrink-0" aria-hidden />
          <span className="min-w-0 break-words">
            Not sent: {describeError(message.error).summary}
          </span>
          <CopyButton text={describeError(message.error).detail} label="Copy the detail" />
          <Button onClick={onRetry}>Send again</Button>
        </div>
      )}
    </div>
  );
}
