import { createStore, type Store } from '@cairn/web';
import { createContext, useContext } from 'react';
import { parseConsents, type Consents } from '../page/consents.ts';
import { parseSharedPage, type SharedPage } from '../page/share-page.ts';
import { parseConnection, parseKey, type Connection } from './connection.ts';
import { ERRAND_KEY, type Errand } from '../worker-words.ts';
import { parsePanelState, type PanelState } from './panel-state.ts';
import { parseErrand } from './parse-errand.ts';
import { openStored, type Stored } from './stored.ts';

/** All that the panel keeps in the browser. `session` storage stands in memory and ends with the browser. */
export interface PanelStorage {
  readonly connection: Stored<Connection>;
  /** The API key until the browser is closed. */
  readonly session_key: Stored<string | null>;
  /** The API key on this computer, if its owner wants that. */
  readonly lasting_key: Stored<string | null>;
  readonly consents: Stored<Consents>;
  readonly shared: Stored<SharedPage | null>;
  readonly errand: Stored<Errand | null>;
  /** Of this panel alone: two windows may show two conversations. Another panel starts with what was kept last. */
  readonly panel: Store<PanelState>;
}

/** Opens all of it. */
export async function openPanelStorage(): Promise<PanelStorage> {
  const { local, session } = chrome.storage;
  // Pages never see what stands there; our own script in a page need not either.
  await local.setAccessLevel({ accessLevel: 'TRUSTED_CONTEXTS' }).catch(() => {});
  const [connection, session_key, lasting_key, consents, shared, errand] = await Promise.all([
    openStored(local, 'connection', parseConnection),
    openStored(session, 'api_key', parseKey),
    openStored(local, 'api_key', parseKey),
    openStored(local, 'consents', parseConsents),
    openStored(session, 'shared_page', parseSharedPage),
    openStored(session, ERRAND_KEY, parseErrand),
  ]);
  const panel = await openPanelState(session);
  return { connection, session_key, lasting_key, consents, shared, errand, panel };
}

async function openPanelState(area: chrome.storage.StorageArea): Promise<Store<PanelState>> {
  const { panel: raw } = await area.get('panel');
  const store = createStore(parsePanelState(raw));
  // A full storage costs the draft when the panel is closed, and nothing now.
  store.subscribe(() => void area.set({ panel: store.get() }).catch(() => {}));
  return store;
}

/** Filled when the panel starts. */
export const StorageContext = createContext<PanelStorage | null>(null);

/** What the panel keeps. Throws outside of StorageContext. */
export function useStorage(): PanelStorage {
  const storage = useContext(StorageContext);
  if (storage === null) throw new Error('useStorage is used outside of StorageContext');
  return storage;
}
