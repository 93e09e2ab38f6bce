import { Button, describeError, useStore } from '@cairn/web';
import { Globe, MousePointerClick } from 'lucide-react';
import { useId, useState } from 'react';
import { useSession } from '../session/session.ts';
import { SavePageButton } from '../notes/save-page-button.tsx';
import { originOf } from './active-page.ts';
import { ReaderNotice } from './reader-notice.tsx';
import { SharedNotice } from './shared-notice.tsx';
import { TTL_MINUTES } from './tab-breadcrumb.ts';

/** The page beside the panel: whether its site is shared, what is shared of it, and who reads that. */
export function PageView() {
  const { sharing } = useSession();
  const page = useStore(sharing.page);
  const consents = useStore(sharing.consents);
  const shared = useStore(sharing.shared);
  const failure = useStore(sharing.failure);
  const origin = originOf(page?.url ?? null);
  return (
    <div className="h-full space-y-3 overflow-y-auto p-3">
      <h2 className="text-base font-semibold">The page beside you</h2>
      {origin === null || page === null ? (
        <Unseen is_own={page?.url != null} />
      ) : (
        <div className="rounded-xl border border-line bg-raised p-3">
          <p className="flex items-start gap-2">
            <Globe className="mt-0.5 size-4 shrink-0 text-ink-faint" aria-hidden />
            <span className="min-w-0">
              <span className="line-clamp-2 font-medium break-words">{page.title || page.url}</span>
              <span className="block truncate text-xs text-ink-faint">{origin}</span>
            </span>
          </p>
          {page.is_private ? (
            <p className="mt-3 text-xs text-ink-soft">In a private window nothing is shared.</p>
          ) : (
            <ConsentSwitch origin={origin} is_on={Object.hasOwn(consents, origin)} />
          )}
        </div>
      )}
      {failure !== null && (
        <div role="alert" className="rounded-lg border border-line bg-bad-soft p-3 text-xs">
          The page could not be shared or taken back: {describeError(failure).summary}
          <Button className="mt-2 h-8 w-full" onClick={() => sharing.again()}>
            Try again
          </Button>
        </div>
      )}
      {shared !== null && <SharedNotice shared={shared} />}
      {shared !== null && <ReaderNotice />}
      <p className="text-xs text-ink-faint">
        Of a shared page go to your server: its address, its title and the beginning of its text,
        for the conversation at hand, while this panel is open, and for {TTL_MINUTES} minutes at
        most without it. What you type into the page does not. Everyone who may read breadcrumbs
        there can read it.
      </p>
      <div className="space-y-2 border-t border-line pt-3">
        <SavePageButton />
      </div>
    </div>
  );
}

function Unseen({ is_own }: { is_own: boolean }) {
  return (
    <div className="flex items-start gap-2 rounded-xl border border-line bg-raised p-3 text-ink-soft">
      <MousePointerClick className="mt-0.5 size-4 shrink-0 text-ink-faint" aria-hidden />
      <p data-testid="page-unseen">
        {is_own
          ? 'A page of the browser itself: it cannot be read or shared.'
          : 'The browser does not show this page to the panel. Click the Cairn button in the toolbar (Alt+Shift+C) while the page is in front.'}
      </p>
    </div>
  );
}

function ConsentSwitch({ origin, is_on }: { origin: string; is_on: boolean }) {
  const { sharing } = useSession();
  const id = useId();
  const [problem, setProblem] = useState<string | null>(null);
  const [is_busy, setBusy] = useState(false);
  async function change(): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      if (is_on) await sharing.withdraw(origin);
      else if (!(await sharing.consent(origin)))
        setProblem('You said no to the browser’s question.');
    } catch (error) {
      setProblem(describeError(error).summary);
    } finally {
      setBusy(false);
    }
  }
  return (
    <>
      <button
        type="button"
        role="switch"
        aria-checked={is_on}
        aria-labelledby={id}
        aria-describedby={`${id}-state`}
        disabled={is_busy}
        onClick={() => void change()}
        className="mt-3 flex w-full items-center justify-between gap-3 rounded-lg border border-line px-3 py-2 text-left hover:border-line-strong"
      >
        <span className="min-w-0">
          <span id={id} className="block font-medium">
            Share pages of this site
          </span>
          <span id={`${id}-state`} className="block text-xs text-ink-faint">
            {is_on
              ? 'On: agents of this conversation can read them'
              : 'Off: nobody is told of them'}
          </span>
        </span>
        <span
          aria-hidden
          className={`flex h-5 w-9 shrink-0 items-center rounded-full p-0.5 transition-colors ${is_on ? 'justify-end bg-accent' : 'bg-line-strong'}`}
        >
          <span className="size-4 rounded-full bg-raised" />
        </span>
      </button>
      {problem !== null && (
        <p role="alert" className="mt-2 text-xs text-bad">
          {problem}
        </p>
      )}
    </>
  );
}
