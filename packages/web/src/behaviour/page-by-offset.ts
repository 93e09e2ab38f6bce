import type { Page } from '@cairn/sdk';

const ROWS = 50;

/** Reads lists that are paged by offset as if they had cursors: a full page may have another one after it. */
export async function pageByOffset<T>(
  cursor: string | undefined,
  read: (slice: { readonly limit: number; readonly offset: number }) => Promise<T[]>,
): Promise<Page<T>> {
  const offset = cursor === undefined ? 0 : Number(cursor);
  const items = await read({ limit: ROWS, offset });
  return { items, next_cursor: items.length === ROWS ? String(offset + ROWS) : null };
}
