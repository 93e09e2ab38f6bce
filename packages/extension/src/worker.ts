/**
 * The service worker. The browser ends it after half a minute without work and starts it anew for each event, so it keeps
 * nothing: what it has to say stands in the storage, where the panel reads it. Listeners are added at once, at the top.
 */
import { ERRAND_KEY, PAGE_SHOWN, type Errand } from './worker-words.ts';

const SAVE_PAGE = 'save_page';
const ASK = 'ask';
const SELECTION_CHARS = 4_000;

chrome.runtime.onInstalled.addListener(() => {
  chrome.contextMenus.removeAll(() => {
    chrome.contextMenus.create({
      id: SAVE_PAGE,
      title: 'Save this page as a note',
      contexts: ['page'],
    });
    chrome.contextMenus.create({
      id: ASK,
      title: 'Ask about the selection',
      contexts: ['selection'],
    });
  });
});

// Not `openPanelOnActionClick`: only a click that arrives here lets the panel see the page (activeTab).
chrome.action.onClicked.addListener((tab) => {
  openPanel(tab);
  tellPageShown();
});

chrome.contextMenus.onClicked.addListener((info, tab) => {
  if (tab === undefined) return;
  // Before anything is waited for: panels open in answer to a gesture only.
  openPanel(tab);
  const window_id = tab.windowId;
  const text = (info.selectionText ?? '').slice(0, SELECTION_CHARS);
  const errand: Errand =
    info.menuItemId === ASK
      ? { window_id, kind: 'ask', text, url: info.pageUrl ?? '' }
      : { window_id, kind: 'save_page' };
  void chrome.storage.session.set({ [ERRAND_KEY]: errand });
  tellPageShown();
});

function openPanel({ windowId }: chrome.tabs.Tab): void {
  // It fails where no panel can be, such as in the windows of apps; then there is nobody to tell.
  chrome.sidePanel.open({ windowId }).catch(() => {});
}

/** A panel that is open already does not notice by itself that it may see the page now. */
function tellPageShown(): void {
  // Nobody listens when no panel was open.
  chrome.runtime.sendMessage(PAGE_SHOWN).catch(() => {});
}
