import { Button, CopyButton, Logo, useStore } from '@cairn/web';
import { CircleAlert, CircleCheck, KeyRound } from 'lucide-react';
import { useId, useState } from 'react';
import { cleanServerUrl } from '../storage/connection.ts';
import { useStorage } from '../storage/panel-storage.ts';
import { FIELD } from '../ui/field.ts';
import { describeProbe, probeServer, type Probe } from './probe-server.ts';

/** Asks where the server is and, if that wants one, for an API key. `problem` says why the last sign-in ended. */
export function SignIn({
  problem,
  onSignedIn,
}: {
  problem: string | null;
  onSignedIn: () => void;
}) {
  const { server, setServer, key, setKey, is_lasting, setLasting, busy, told, probe } =
    useSignIn(onSignedIn);
  const id = useId();
  const has_key = key.trim() !== '';
  const message = told?.text ?? problem;
  return (
    <main className="h-full overflow-y-auto p-5">
      <form
        className="mx-auto max-w-sm"
        onSubmit={(event) => {
          event.preventDefault();
          void probe('signing_in');
        }}
      >
        <Logo className="mt-4 size-11 text-ink-soft" />
        <h1 className="mt-5 text-2xl font-semibold tracking-tight">Sign in to Cairn</h1>
        <p className="mt-1.5 text-ink-soft">
          Your agents beside the page: talk to them, keep notes, and show them the page only where
          you say so.
        </p>
        <label htmlFor={`${id}-server`} className="mt-6 block font-medium">
          Server address
        </label>
        <input
          id={`${id}-server`}
          type="text"
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          value={server}
          onChange={(event) => setServer(event.target.value)}
          className={`${FIELD} mt-1.5 font-mono`}
        />
        <KeyField
          value={key}
          is_refused={told?.probe?.outcome === 'key_needed' && has_key}
          is_lasting={is_lasting}
          onChange={setKey}
          onLasting={setLasting}
        />
        {message !== null && (
          <Outcome message={message} probe={told?.probe ?? null} has_key={has_key} />
        )}
        <div className="mt-5 flex gap-2">
          <Button
            type="submit"
            look="primary"
            className="h-10 flex-1"
            disabled={server.trim() === '' || busy !== null}
          >
            {busy === 'signing_in' ? 'Signing in…' : 'Sign in'}
          </Button>
          <Button
            className="h-10"
            disabled={server.trim() === '' || busy !== null}
            onClick={() => void probe('testing')}
          >
            {busy === 'testing' ? 'Testing…' : 'Test connection'}
          </Button>
        </div>
      </form>
    </main>
  );
}

/** What is typed into the sign-in, and what became of it. */
function useSignIn(onSignedIn: () => void) {
  const { connection, session_key, lasting_key } = useStorage();
  const [server, setServer] = useState(useStore(connection.store).server_url);
  const [key, setKey] = useState('');
  const [is_lasting, setLasting] = useState(false);
  const [busy, setBusy] = useState<'testing' | 'signing_in' | null>(null);
  const [told, setTold] = useState<{ probe: Probe | null; text: string } | null>(null);
  const api_key = key.trim() === '' ? null : key.trim();

  async function probe(as: 'testing' | 'signing_in'): Promise<void> {
    const server_url = cleanServerUrl(server);
    if (server_url === null) {
      setTold({
        probe: null,
        text: 'That is no address of a server, such as http://127.0.0.1:8081.',
      });
      return;
    }
    setServer(server_url);
    setBusy(as);
    const found = await probeServer(server_url, api_key);
    setBusy(null);
    setTold({ probe: found, text: describeProbe(found, api_key !== null) });
    if (as === 'testing' || found.outcome !== 'ready') return;
    await session_key.keep(is_lasting ? null : api_key);
    await lasting_key.keep(is_lasting ? api_key : null);
    await connection.keep({ server_url, is_signed_in: true });
    onSignedIn();
  }

  return {
    server,
    key,
    is_lasting,
    busy,
    told,
    setLasting,
    probe,
    setServer(next: string) {
      setServer(next);
      setTold(null);
    },
    setKey(next: string) {
      setKey(next);
      setTold(null);
    },
  };
}

/** What the server said, or why the last sign-in ended. */
function Outcome({
  message,
  probe,
  has_key,
}: {
  message: string;
  probe: Probe | null;
  has_key: boolean;
}) {
  const outcome = probe?.outcome ?? 'none';
  const is_good = outcome === 'ready';
  const wants_key = outcome === 'key_needed' && !has_key;
  const Icon = is_good ? CircleCheck : CircleAlert;
  const [ground, ink] = is_good
    ? ['bg-accent-soft', 'text-accent']
    : wants_key
      ? ['bg-warn-soft', 'text-warn']
      : ['bg-bad-soft', 'text-bad'];
  return (
    <div
      role={is_good || wants_key ? 'status' : 'alert'}
      data-testid="probe"
      data-outcome={outcome}
      className={`mt-4 flex items-start gap-2.5 rounded-lg border border-line p-3 ${ground}`}
    >
      <Icon className={`mt-0.5 size-4 shrink-0 ${ink}`} aria-hidden />
      <span className="min-w-0 flex-1 break-words">{message}</span>
      {!is_good && !wants_key && <CopyButton text={message} label="Copy the detail" />}
    </div>
  );
}

/** The key, and whether it is kept. */
function KeyField({
  value,
  is_refused,
  is_lasting,
  onChange,
  onLasting,
}: {
  value: string;
  is_refused: boolean;
  is_lasting: boolean;
  onChange: (key: string) => void;
  onLasting: (is_lasting: boolean) => void;
}) {
  const id = useId();
  return (
    <>
      <label htmlFor={id} className="mt-4 block font-medium">
        API key
      </label>
      <p id={`${id}-hint`} className="text-xs text-ink-faint">
        Only for a server in strict mode. The one of npm start needs none.
      </p>
      <div className="relative mt-1.5">
        <KeyRound
          className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-faint"
          aria-hidden
        />
        <input
          id={id}
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          placeholder="cairn_…"
          aria-describedby={`${id}-hint`}
          aria-invalid={is_refused}
          className={`${FIELD} pl-9 font-mono`}
        />
      </div>
      <label className="mt-2 flex items-center gap-2 text-xs text-ink-soft">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={is_lasting}
          onChange={(event) => onLasting(event.target.checked)}
        />
        Keep the key on this computer; otherwise until the browser is closed
      </label>
    </>
  );
}
