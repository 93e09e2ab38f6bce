import { KeyRound } from 'lucide-react';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { DialogFrame } from '../ui/dialog.tsx';

/** Shows a value that the server tells once: afterwards nobody can read it again. It lives in this window only. */
export function ShownOnce({
  title,
  name,
  value,
  onClose,
}: {
  title: string;
  /** What it is, such as `API key`. */
  name: string;
  value: string;
  onClose: () => void;
}) {
  return (
    <DialogFrame
      title={title}
      description="Copy it now. It is not shown again: what the server keeps cannot be read back."
      onClose={onClose}
    >
      <div className="mt-2 flex items-center gap-2 rounded-xl border border-accent bg-accent-soft p-3">
        <KeyRound className="size-4 shrink-0 text-accent" aria-hidden />
        <output aria-label={name} className="min-w-0 flex-1 font-mono text-xs break-all">
          {value}
        </output>
        <CopyButton text={value} label={`Copy the ${name}`} />
      </div>
      <div className="mt-4 flex justify-end">
        <Button look="primary" onClick={onClose}>
          I have it
        </Button>
      </div>
    </DialogFrame>
  );
}
