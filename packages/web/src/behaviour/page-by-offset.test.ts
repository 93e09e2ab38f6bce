import { describe, expect, it } from 'vitest';
import { pageByOffset } from './page-by-offset.ts';

describe('a list by offset', () => {
  const all = Array.from({ length: 120 }, (_, at) => at);
  const read = async ({ limit, offset }: { limit: number; offset: number }) =>
    all.slice(offset, offset + limit);

  it('is read to its end, each row once', async () => {
    const rows: number[] = [];
    let cursor: string | undefined;
    do {
      const { items, next_cursor } = await pageByOffset(cursor, read);
      rows.push(...items);
      cursor = next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(rows).toEqual(all);
  });
});
