import type { CairnClient } from '@cairn/sdk';
import { createStore, type Store } from '@cairn/web';
import type { Stored } from '../storage/stored.ts';
import {
  originOf,
  patternOf,
  readActivePage,
  watchActivePage,
  type ActivePage,
} from './active-page.ts';
import { withConsent, type Consents } from './consents.ts';
import { readPage } from './read-page.ts';
import { sharePage, type SharedPage, type SharePorts } from './share-page.ts';
import { cleanPageUrl, EXCERPT_CHARS, TTL_MINUTES, type PageContext } from './tab-breadcrumb.ts';

/** Pages change in quick succession; only the one that stays is shared. */
const SETTLED_MS = 500;
/** Well before the breadcrumb ends by itself. */
const AGAIN_MS = (TTL_MINUTES - 1) * 60_000;
/** Panels of one browser write one breadcrumb, one at a time. */
const LOCK = 'cairn.shared-page';

/** What sharing stands on. */
export interface SharingPorts {
  readonly client: CairnClient;
  readonly server_url: string;
  readonly window_id: number;
  readonly consents: Stored<Consents>;
  readonly shared: Stored<SharedPage | null>;
}

/**
 * Shares the page in front with the agents, where its reader consents and as long as the panel is open. `start()`
 * begins to watch; what was shared before and is still consented to is shared again.
 */
export class PageSharing {
  /** The page in front. */
  readonly page: Store<ActivePage | null> = createStore<ActivePage | null>(null);
  /** Why the page could not be shared, or taken back; null when all is well. */
  readonly failure: Store<unknown> = createStore<unknown>(null);
  readonly consents: Store<Consents>;
  readonly shared: Store<SharedPage | null>;
  readonly #ports: SharingPorts;
  readonly #share_ports: SharePorts;
  #conversation_id: string | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Ends what `start` began: null while stopped. */
  #started: AbortController | null = null;

  constructor(ports: SharingPorts) {
    const { client, server_url, window_id, consents, shared } = ports;
    this.consents = consents.store;
    this.shared = shared.store;
    this.#ports = ports;
    this.#share_ports = { client, server_url, window_id, get: shared.store.get, keep: shared.keep };
  }

  /** Safe to call twice. */
  start(): void {
    if (this.#started !== null) return;
    this.#started = new AbortController();
    const { signal } = this.#started;
    const unwatch = [
      watchActivePage(() => void this.#look()),
      this.consents.subscribe(() => this.#soon()),
    ];
    const beat = setInterval(() => this.#soon(), AGAIN_MS);
    globalThis.addEventListener('pagehide', () => this.#leave(), { signal });
    signal.addEventListener('abort', () => {
      clearInterval(beat);
      for (const each of unwatch) each();
    });
    void this.#look();
  }

  /** Takes the page back and ends the watching. Safe to call twice. */
  async stop(): Promise<void> {
    this.#started?.abort();
    this.#started = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#inTurn(async () => {
      if (this.#isOurs(this.shared.get())) await sharePage(this.#share_ports, null);
    });
  }

  /** Names the conversation whose agents are to find the page. */
  setConversation(id: string): void {
    if (id === this.#conversation_id) return;
    this.#conversation_id = id;
    this.#soon();
  }

  /** Asks the browser for the site and shares it; false when its reader said no. To be called on a click. */
  async consent(origin: string): Promise<boolean> {
    const is_given = await chrome.permissions.request({ origins: [patternOf(origin)] });
    if (is_given) await this.#keepConsent(origin, new Date().toISOString());
    return is_given;
  }

  /** Takes the consent back, and the page with it. */
  async withdraw(origin: string): Promise<void> {
    await this.#keepConsent(origin, null);
    await this.#inTurn(async () => {
      const held = this.shared.get();
      if (held !== null && originOf(held.url) === origin) await sharePage(this.#share_ports, null);
    });
    const pattern = patternOf(origin);
    // The same host on another port is another site to its reader, and the same one to the browser.
    if (Object.keys(this.consents.get()).some((each) => patternOf(each) === pattern)) return;
    // It cannot be given back where the browser's owner granted it; the consent is what counts.
    await chrome.permissions.remove({ origins: [pattern] }).catch(() => false);
  }

  /** Tries again what failed. */
  again(): void {
    this.#soon();
  }

  #keepConsent(origin: string, since: string | null): Promise<void> {
    return this.#ports.consents.keep(withConsent(this.consents.get(), origin, since));
  }

  async #look(): Promise<void> {
    this.page.set(await readActivePage());
    this.#soon();
  }

  #soon(): void {
    if (this.#started === null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#now(), SETTLED_MS);
  }

  async #now(): Promise<void> {
    if (!(await isInFront(this.#ports.window_id))) return;
    await this.#inTurn(async () => {
      if (this.#started === null) return;
      const page = await pageToShare(this.#conversation_id, this.consents.get);
      await sharePage(this.#share_ports, page);
    });
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    try {
      await navigator.locks.request(LOCK, work);
      this.failure.set(null);
    } catch (error) {
      this.failure.set(error);
    }
  }

  #isOurs(held: SharedPage | null): held is SharedPage {
    const { window_id, server_url } = this.#ports;
    return held?.window_id === window_id && held.server_url === server_url;
  }

  /** The panel ends here: the request goes out, and nobody waits for it. */
  #leave(): void {
    const held = this.shared.get();
    if (!this.#isOurs(held)) return;
    this.#ports.client.deleteBreadcrumb(held.breadcrumb_id).catch(() => {});
    void this.#ports.shared.keep(null);
  }
}

/** With two windows, the one in front decides what is shared. */
async function isInFront(window_id: number): Promise<boolean> {
  const { id } = await chrome.windows.getLastFocused();
  return id === window_id;
}

/** The page as it is to be shared; null when it is not. */
async function pageToShare(
  conversation_id: string | null,
  consents: () => Consents,
): Promise<PageContext | null> {
  const active = await readActivePage();
  if (conversation_id === null || active === null || active.is_private) return null;
  const origin = originOf(active.url);
  if (origin === null || !Object.hasOwn(consents(), origin)) return null;
  if (!(await chrome.permissions.contains({ origins: [patternOf(origin)] }))) return null;
  // Pages that show an error of the browser cannot be read, whatever their address says.
  const read = await readPage(active.tab_id, false).catch(() => null);
  // It may have gone elsewhere meanwhile, where nobody consented, or the consent was taken back.
  if (read === null || originOf(read.url) !== origin) return null;
  if (!Object.hasOwn(consents(), origin)) return null;
  const text = read.text.slice(0, EXCERPT_CHARS * 2);
  return { url: cleanPageUrl(read.url), title: read.title, text, conversation_id };
}
