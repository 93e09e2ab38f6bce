import { Button, ThemeToggle, useStore, type Store, type ThemeChoice } from '@cairn/web';
import { LogOut, X } from 'lucide-react';
import { useState } from 'react';
import { describeProbe, probeServer } from './session/probe-server.ts';
import { useSession } from './session/session.ts';
import { useSignOut } from './session/use-sign-out.ts';
import { useStorage } from './storage/panel-storage.ts';
import { freshPanelState } from './storage/panel-state.ts';

/** The server and who we are there, the sites that may be shared, the theme. */
export function SettingsView({ theme }: { theme: Store<ThemeChoice> }) {
  return (
    <div className="h-full space-y-5 overflow-y-auto p-3">
      <ServerSettings />
      <SiteSettings />
      <section aria-labelledby="settings-theme" className="flex items-center justify-between">
        <h2 id="settings-theme" className="text-base font-semibold">
          Theme
        </h2>
        <ThemeToggle store={theme} />
      </section>
    </div>
  );
}

function ServerSettings() {
  const { server_url, system, sharing } = useSession();
  const { session_key, lasting_key, panel } = useStorage();
  const signOut = useSignOut();
  const [told, setTold] = useState<string | null>(null);
  const [is_busy, setBusy] = useState(false);

  async function test(): Promise<void> {
    setBusy(true);
    const key = session_key.store.get() ?? lasting_key.store.get();
    setTold(describeProbe(await probeServer(server_url, key), key !== null));
    setBusy(false);
  }
  async function leave(): Promise<void> {
    setBusy(true);
    // While we are still somebody there.
    await sharing.stop();
    await signOut();
    // Who signs in next is perhaps somebody else.
    panel.set(freshPanelState());
  }

  return (
    <section aria-labelledby="settings-server">
      <h2 id="settings-server" className="text-base font-semibold">
        Server
      </h2>
      <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-xs">
        <Line name="Address" value={server_url} />
        <Line name="Version" value={`${system.version}, ${system.auth_mode} mode`} />
        <Line name="Model" value={system.is_demo_model ? 'demo (rules)' : system.model} />
        <Line name="Your roles" value={system.roles.join(', ')} />
      </dl>
      <div className="mt-3 flex gap-2">
        <Button className="flex-1" disabled={is_busy} onClick={() => void test()}>
          Test connection
        </Button>
        <Button className="flex-1" disabled={is_busy} onClick={() => void leave()}>
          <LogOut className="size-4" aria-hidden />
          Sign out
        </Button>
      </div>
      {told !== null && (
        <p role="status" className="mt-2 text-xs break-words text-ink-soft">
          {told}
        </p>
      )}
      <p className="mt-2 text-xs text-ink-faint">
        {lasting_key.store.get() !== null
          ? 'Your key is kept on this computer until you sign out.'
          : session_key.store.get() !== null
            ? 'Your key is forgotten when the browser is closed.'
            : 'Dev mode: no key is needed.'}
      </p>
    </section>
  );
}

function SiteSettings() {
  const { sharing } = useSession();
  const consents = Object.keys(useStore(sharing.consents)).toSorted();
  return (
    <section aria-labelledby="settings-sites">
      <h2 id="settings-sites" className="text-base font-semibold">
        Sites you share
      </h2>
      {consents.length === 0 ? (
        <p className="mt-1 text-xs text-ink-faint">None. You are asked for each by itself.</p>
      ) : (
        <ul className="mt-2 space-y-1">
          {consents.map((origin) => (
            <li
              key={origin}
              className="flex items-center gap-2 rounded-lg border border-line bg-raised py-1 pr-1 pl-3 text-xs"
            >
              <span className="min-w-0 flex-1 truncate">{origin}</span>
              <button
                type="button"
                aria-label={`Stop sharing ${origin}`}
                title="Stop sharing"
                onClick={() => void sharing.withdraw(origin)}
                className="inline-flex size-7 items-center justify-center rounded-md text-ink-soft hover:bg-sunken hover:text-ink"
              >
                <X className="size-3.5" aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Line({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt className="text-ink-faint">{name}</dt>
      <dd className="min-w-0 font-mono break-words">{value}</dd>
    </>
  );
}
