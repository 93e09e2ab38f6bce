import { CornerDownLeft } from 'lucide-react';
import { CommandLine } from '../ui/command-line.tsx';
import { Logo } from '../ui/logo.tsx';

const SUGGESTION = 'What is 17% of 2340?';

/** A conversation that has not begun: something to try, here or from a shell. */
export function ChatEmpty({
  is_offline,
  onSend,
}: {
  is_offline: boolean;
  onSend: (text: string) => void;
}) {
  return (
    <div className="flex min-h-0 flex-1 flex-col items-center justify-center overflow-y-auto px-6 text-center">
      <Logo className="size-14 text-ink-soft" />
      <h2 className="mt-5 text-2xl font-semibold tracking-tight text-balance">
        What shall we find out?
      </h2>
      <p className="mt-2 max-w-sm text-sm text-balance text-ink-soft">
        Ask an agent. Every step that it takes becomes a breadcrumb on the trail.
      </p>
      <button
        type="button"
        disabled={is_offline}
        onClick={() => onSend(SUGGESTION)}
        className="mt-6 inline-flex h-10 items-center gap-2.5 rounded-full border border-line-strong bg-raised px-4 text-sm font-medium transition-colors hover:border-accent hover:text-accent disabled:text-ink-faint"
      >
        {SUGGESTION}
        <CornerDownLeft className="size-3.5 text-ink-faint" aria-hidden />
      </button>
      <p className="mt-8 mb-2 text-xs text-ink-faint">or from a shell</p>
      <CommandLine command={'npx cairn say "what is 17% of 2340?"'} />
    </div>
  );
}
