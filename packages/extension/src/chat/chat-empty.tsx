import { Logo } from '@cairn/web';
import { CornerDownLeft } from 'lucide-react';

const SUGGESTION = 'What is 17% of 2340?';

/** A conversation that has not begun, and something to begin it with. */
export function ChatEmpty({
  is_offline,
  onSend,
}: {
  is_offline: boolean;
  onSend: (text: string) => void;
}) {
  return (
    <div className="flex min-h-0 flex-1 flex-col items-center justify-center overflow-y-auto px-6 text-center">
      <Logo className="size-11 text-ink-soft" />
      <h2 className="mt-4 text-lg font-semibold tracking-tight">What shall we find out?</h2>
      <p className="mt-1 max-w-60 text-balance text-ink-soft">
        Ask an agent. It sees the page beside you only where you share it.
      </p>
      <button
        type="button"
        disabled={is_offline}
        onClick={() => onSend(SUGGESTION)}
        className="mt-5 inline-flex h-9 items-center gap-2 rounded-full border border-line-strong bg-raised px-3.5 font-medium transition-colors hover:border-accent hover:text-accent disabled:text-ink-faint"
      >
        {SUGGESTION}
        <CornerDownLeft className="size-3.5 text-ink-faint" aria-hidden />
      </button>
    </div>
  );
}
