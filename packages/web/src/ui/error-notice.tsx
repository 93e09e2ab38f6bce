import { CircleAlert, RotateCw } from 'lucide-react';
import { Button } from './button.tsx';
import { CopyButton } from './copy-button.tsx';
import { describeError } from './describe-error.ts';

/** Says what failed, with the detail to copy and, where it helps, a way to try again. */
export function ErrorNotice({
  title,
  error,
  onRetry,
}: {
  title: string;
  error: unknown;
  onRetry?: () => void;
}) {
  const { summary, detail } = describeError(error);
  return (
    <div role="alert" className="rounded-xl border border-line bg-bad-soft p-4 text-sm">
      <div className="flex items-start gap-3">
        <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
        <div className="min-w-0 flex-1">
          <p className="font-medium text-ink">{title}</p>
          <p className="mt-0.5 break-words text-ink-soft">{summary}</p>
          <details className="mt-2">
            <summary className="cursor-pointer text-xs text-ink-soft">Detail</summary>
            <pre className="mt-2 max-h-40 overflow-auto rounded-lg bg-surface p-2 font-mono text-2xs break-words whitespace-pre-wrap text-ink-soft">
              {detail}
            </pre>
          </details>
        </div>
        <CopyButton text={`${title}\n${detail}`} label="Copy the detail" />
      </div>
      {onRetry && (
        <Button className="mt-3 ml-7" onClick={onRetry}>
          <RotateCw className="size-3.5" aria-hidden />
          Try again
        </Button>
      )}
    </div>
  );
}
