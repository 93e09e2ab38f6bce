import { KeyRound } from 'lucide-react';
import { useId, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { CommandLine } from '../ui/command-line.tsx';
import { Logo } from '../ui/logo.tsx';

/** Asks for an API key. `problem` says why the last one did not do. */
export function SignIn({
  problem,
  is_checking,
  onKey,
}: {
  problem: string | null;
  is_checking: boolean;
  onKey: (key: string) => void;
}) {
  const [key, setKey] = useState('');
  const field_id = useId();
  const trimmed = key.trim();
  return (
    <main className="flex min-h-full items-center justify-center p-6">
      <form
        className="w-full max-w-sm"
        onSubmit={(event) => {
          event.preventDefault();
          if (trimmed !== '') onKey(trimmed);
        }}
      >
        <Logo className="size-12 text-ink-soft" />
        <h1 className="mt-6 text-2xl font-semibold tracking-tight">Sign in to Cairn</h1>
        <p className="mt-2 text-sm text-ink-soft">
          This server runs in strict mode. Paste an API key; it stays in this tab and is forgotten
          when you close it.
        </p>
        <label htmlFor={field_id} className="mt-6 block text-sm font-medium">
          API key
        </label>
        <div className="relative mt-1.5">
          <KeyRound
            className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-faint"
            aria-hidden
          />
          <input
            id={field_id}
            type="password"
            autoComplete="off"
            spellCheck={false}
            autoFocus
            value={key}
            onChange={(event) => setKey(event.target.value)}
            placeholder="cairn_…"
            aria-invalid={problem !== null}
            aria-describedby={problem === null ? undefined : `${field_id}-problem`}
            className="h-11 w-full rounded-lg border border-line-strong bg-raised pr-3 pl-9 font-mono text-sm placeholder:text-ink-faint"
          />
        </div>
        {problem !== null && (
          <p id={`${field_id}-problem`} role="alert" className="mt-2 text-sm text-bad">
            {problem}
          </p>
        )}
        <Button
          type="submit"
          look="primary"
          className="mt-4 h-11 w-full"
          disabled={trimmed === '' || is_checking}
        >
          {is_checking ? 'Checking…' : 'Sign in'}
        </Button>
        <p className="mt-8 mb-2 text-xs text-ink-faint">
          Without a key? Whoever runs the server can check it with
        </p>
        <CommandLine command="npx cairn doctor" />
      </form>
    </main>
  );
}
