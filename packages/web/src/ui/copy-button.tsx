import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { classNames } from './class-names.ts';

const SHOWN_MS = 1_600;

/** Copies `text`. Says so for a moment, or says that the browser did not let it. */
export function CopyButton({
  text,
  label,
  className,
}: {
  text: string;
  label: string;
  className?: string;
}) {
  const [outcome, setOutcome] = useState<'copied' | 'refused' | null>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => setOutcome((await copyText(text)) ? 'copied' : 'refused');
  const said =
    outcome === 'copied' ? 'Copied' : outcome === 'refused' ? 'Copying was refused' : label;
  return (
    <button
      type="button"
      onClick={() => void copy()}
      aria-label={said}
      title={said}
      className={classNames(
        'inline-flex size-7 shrink-0 items-center justify-center rounded-md text-ink-faint transition-colors hover:bg-sunken hover:text-ink',
        className,
      )}
    >
      {outcome === 'copied' ? (
        <Check className="size-3.5 text-accent" aria-hidden />
      ) : (
        <Copy className="size-3.5" aria-hidden />
      )}
    </button>
  );
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Also the case on plain HTTP outside loopback, where browsers have no clipboard.
    return false;
  }
}
