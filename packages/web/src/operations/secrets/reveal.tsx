import type { SecretItem } from '@cairn/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { Eye, EyeOff } from 'lucide-react';
import { useEffect, useState, type FormEvent } from 'react';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ErrorNotice } from '../../ui/error-notice.tsx';
import { TextField } from '../../ui/field.tsx';
import { Card, Section } from '../../ui/page.tsx';
import { operationKeys } from '../operation-keys.ts';

/** A value is hidden again after this long. */
const SHOWN_S = 30;
const SECOND_MS = 1_000;
const REASON_CHARS = 500;

/**
 * Shows the value of a secret to who says why, for half a minute. The value lives in this component alone: no cache has
 * it, and it goes with the page.
 */
export function Reveal({ secret }: { secret: SecretItem }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const [reason, setReason] = useState('');
  const [value, setValue] = useState<string | null>(null);
  const [is_busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const reveal = async (event: FormEvent) => {
    event.preventDefault();
    if (reason.trim() === '' || is_busy) return;
    setBusy(true);
    setError(null);
    try {
      const answer = await client.secrets.decrypt(secret.id, reason.trim());
      setValue(answer.value);
      setReason('');
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
    // A refusal stands there too.
    void cache.invalidateQueries({ queryKey: operationKeys.secret_audit });
  };
  return (
    <Section title="Value">
      <Card>
        {value !== null ? (
          <Revealed value={value} onHide={() => setValue(null)} />
        ) : (
          <form
            onSubmit={(event) => void reveal(event)}
            autoComplete="off"
            className="grid items-start gap-3 sm:grid-cols-[minmax(0,1fr)_auto]"
          >
            <TextField
              label="Why you need to see it"
              hint="It stands in the audit with your name."
              required
              maxLength={REASON_CHARS}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
            <Button type="submit" className="sm:mt-5.5" disabled={is_busy || reason.trim() === ''}>
              <Eye className="size-4" aria-hidden />
              Reveal
            </Button>
          </form>
        )}
        {error !== null && (
          <div className="mt-3">
            <ErrorNotice title="The value was not revealed" error={error} />
          </div>
        )}
      </Card>
    </Section>
  );
}

function Revealed({ value, onHide }: { value: string; onHide: () => void }) {
  // By the clock: browsers slow the timers of pages that nobody looks at.
  const [until] = useState(() => Date.now() + SHOWN_S * SECOND_MS);
  const [left, setLeft] = useState(SHOWN_S);
  useEffect(() => {
    const look = () => setLeft(Math.ceil((until - Date.now()) / SECOND_MS));
    const timer = setInterval(look, SECOND_MS);
    return () => clearInterval(timer);
  }, [until]);
  const is_over = left <= 0;
  useEffect(() => {
    if (is_over) onHide();
  }, [is_over, onHide]);
  return (
    <div>
      <div className="flex items-start gap-2">
        <output
          aria-label="Value of the secret"
          className="max-h-60 min-w-0 flex-1 overflow-auto rounded-lg bg-sunken p-2.5 font-mono text-xs break-all whitespace-pre-wrap"
        >
          {value}
        </output>
        <CopyButton text={value} label="Copy the value" />
      </div>
      <div className="mt-3 flex items-center justify-between gap-3">
        <p className="text-xs text-ink-soft tabular-nums">Hidden again in {left} s</p>
        <Button onClick={onHide}>
          <EyeOff className="size-4" aria-hidden />
          Hide
        </Button>
      </div>
    </div>
  );
}
