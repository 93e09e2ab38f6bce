import { ArrowLeft } from 'lucide-react';

/** Leads from one thing back to the list of them. */
export function BackLink({ onBack, children }: { onBack: () => void; children: string }) {
  return (
    <button
      type="button"
      onClick={onBack}
      className="inline-flex h-8 items-center gap-1.5 rounded-lg text-xs text-ink-soft hover:text-ink"
    >
      <ArrowLeft className="size-3.5" aria-hidden />
      {children}
    </button>
  );
}
