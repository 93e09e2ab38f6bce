/** What the worker and the panel tell each other. Nothing is imported here, so that the worker stays as small as its work. */

/** What the context menu asks of the panel. It stands in the storage, since the worker that hears of it may end at once. */
export type Errand = {
  /** The window in which it was asked: panels of other windows leave it alone. */
  readonly window_id: number;
} & (
  | { readonly kind: 'save_page' }
  | { readonly kind: 'ask'; readonly text: string; readonly url: string }
);

/** Where an errand stands in `chrome.storage.session`. */
export const ERRAND_KEY = 'errand';

/** Sent by the worker when its reader clicked, so that the panel may see the page in front now. */
export const PAGE_SHOWN = 'page_shown';
