import { LIMITS } from '@cairn/protocol';
import { CairnError } from '@cairn/sdk';
import { describeError } from '@cairn/web';
import { useMutation } from '@tanstack/react-query';
import { ArrowUp, Square } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useSession } from '../session/session.ts';

const ROWS_AT_MOST = 8;
/** Room for the rest of the request's body. */
const CHARS_AT_MOST = Math.floor(LIMITS.body_bytes / 4);

/** Where messages are written. Enter sends, Shift+Enter starts a new line. While a run is open it can be stopped. */
export function Composer({
  conversation_id,
  is_offline,
  open_runs,
  draft,
  onDraft,
  onSend,
}: {
  conversation_id: string;
  /** Nothing can be sent; a stream that is only not open yet, or lost a moment ago, is no reason to drop an Enter. */
  is_offline: boolean;
  open_runs: readonly string[];
  draft: string;
  onDraft: (draft: string) => void;
  onSend: (text: string) => void;
}) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus({ preventScroll: true }), [conversation_id]);
  const can_send = !is_offline && draft.trim() !== '';
  const send = (): void => {
    if (!can_send) return;
    onSend(draft.trim());
    onDraft('');
    field.current?.focus();
  };
  return (
    <form
      className="shrink-0 px-3 pb-2"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="flex items-end gap-1.5 rounded-2xl border border-line-strong bg-raised p-1.5 focus-within:border-accent">
        <textarea
          ref={field}
          aria-label="Message"
          placeholder="Write a message"
          rows={Math.min(ROWS_AT_MOST, draft.split('\n').length)}
          maxLength={CHARS_AT_MOST}
          value={draft}
          onChange={(event) => onDraft(event.target.value)}
          onKeyDown={(event) => {
            // While an input method composes a character, Enter confirms that character.
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
          className="field-sizing-content max-h-44 min-h-8 flex-1 resize-none bg-transparent px-2 py-1.5 placeholder:text-ink-faint focus-visible:outline-none"
        />
        {open_runs.length > 0 && <StopButton run_ids={open_runs} />}
        <button
          type="submit"
          aria-label="Send"
          title="Send (Enter)"
          disabled={!can_send}
          className="inline-flex size-8 shrink-0 items-center justify-center rounded-xl bg-accent text-on-accent hover:bg-accent-strong disabled:bg-sunken disabled:text-ink-faint"
        >
          <ArrowUp className="size-4" strokeWidth={2.25} aria-hidden />
        </button>
      </div>
      {is_offline && (
        <p className="mt-1 text-center text-2xs text-warn">
          Not connected: write on, and send when the server is back
        </p>
      )}
    </form>
  );
}

function StopButton({ run_ids }: { run_ids: readonly string[] }) {
  const { client } = useSession();
  const stop = useMutation({
    mutationFn: async (ids: readonly string[]) => {
      for (const id of ids) await client.registry.stopRun(id).catch(ignoreEnded);
    },
  });
  const failure = stop.isError ? `Not stopped: ${describeError(stop.error).summary}` : null;
  return (
    <button
      type="button"
      aria-label={failure ?? 'Stop'}
      title={failure ?? 'Stop the run; what there is stays'}
      disabled={stop.isPending}
      onClick={() => stop.mutate(run_ids)}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-xl border border-line-strong hover:border-bad hover:text-bad disabled:text-ink-faint ${failure === null ? '' : 'text-bad'}`}
    >
      <Square className="size-3.5" fill="currentColor" aria-hidden />
    </button>
  );
}

/** The run was faster than the click. */
function ignoreEnded(error: unknown): void {
  if (!(error instanceof CairnError && error.code === 'conflict')) throw error;
}
