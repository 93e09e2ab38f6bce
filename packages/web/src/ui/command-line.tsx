import { CopyButton } from './copy-button.tsx';

/** A command to type into a shell, with a button that copies it. */
export function CommandLine({ command }: { command: string }) {
  return (
    <div className="flex max-w-full items-center gap-1 rounded-lg border border-line bg-raised py-1 pr-1 pl-3 text-left">
      <code className="min-w-0 flex-1 overflow-x-auto font-mono text-xs whitespace-nowrap text-ink-soft">
        <span className="text-ink-faint select-none" aria-hidden>
          ${' '}
        </span>
        {command}
      </code>
      <CopyButton text={command} label="Copy the command" />
    </div>
  );
}
