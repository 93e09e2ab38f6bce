/** The key stands in this tab's session storage and nowhere else: it is gone when the tab is closed. */
const STORAGE_KEY = 'cairn.api_key';

/** The key of this tab, or null. */
export function readKey(): string | null {
  try {
    return sessionStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

/** Keeps the key for this tab; null forgets it. */
export function keepKey(key: string | null): void {
  try {
    if (key === null) sessionStorage.removeItem(STORAGE_KEY);
    else sessionStorage.setItem(STORAGE_KEY, key);
  } catch {
    // Storage can be forbidden; then the key holds until the page is loaded again.
  }
}
