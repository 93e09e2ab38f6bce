import { PAGE_SHOWN } from '../worker-words.ts';

/** The page in front. `url` is null while the browser does not let the panel see it. */
export interface ActivePage {
  readonly tab_id: number;
  readonly window_id: number;
  readonly url: string | null;
  readonly title: string;
  readonly is_loading: boolean;
  /** In a private window nothing is ever shared. */
  readonly is_private: boolean;
}

/** Scheme and host of a page that can be read, or null for the browser's own pages. */
export function originOf(url: string | null): string | null {
  const parsed = url === null ? null : URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) return null;
  return parsed.origin;
}

/** What the browser is asked for, to read the pages of one site. Patterns know no ports. */
export function patternOf(origin: string): string {
  const { protocol, hostname } = new URL(origin);
  return `${protocol}//${hostname}/*`;
}

/** The page in front of the window that the panel belongs to. */
export async function readActivePage(): Promise<ActivePage | null> {
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  if (tab?.id === undefined) return null;
  return {
    tab_id: tab.id,
    window_id: tab.windowId,
    url: tab.url ?? null,
    title: tab.title ?? '',
    is_loading: tab.status === 'loading',
    is_private: tab.incognito,
  };
}

/** Calls `tell` whenever the page in front may be another one, or may be seen when it could not. The answer ends that. */
export function watchActivePage(tell: () => void): () => void {
  const onUpdated = (_id: number, change: chrome.tabs.OnUpdatedInfo): void => {
    if (change.status ?? change.url ?? change.title) tell();
  };
  const onMessage = (message: unknown): void => {
    if (message === PAGE_SHOWN) tell();
  };
  const events = [
    chrome.tabs.onActivated,
    chrome.windows.onFocusChanged,
    chrome.permissions.onAdded,
    chrome.permissions.onRemoved,
  ];
  for (const each of events) each.addListener(tell);
  chrome.tabs.onUpdated.addListener(onUpdated);
  chrome.runtime.onMessage.addListener(onMessage);
  return () => {
    for (const each of events) each.removeListener(tell);
    chrome.tabs.onUpdated.removeListener(onUpdated);
    chrome.runtime.onMessage.removeListener(onMessage);
  };
}
