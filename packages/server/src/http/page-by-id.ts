import { LIMITS } from '@cairn/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { isUuid } from '../base/index.ts';
import { decodeCursor, encodeCursor, linkNext } from './paging.ts';

/** The query of a list that `answerPageById` answers. */
export const PAGE_QUERY = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: LIMITS.page_rows, default: LIMITS.page_rows_default }),
  ),
  cursor: Type.Optional(Type.String({ maxLength: 500 })),
};

/** Which rows of a list are wanted, newest first. */
export interface PageById {
  readonly limit: number;
  /** Only rows with a lower id. */
  readonly before?: string | undefined;
}

/** One page of a list whose ids rise with time, newest first: the last id of a page is where the next one goes on. */
export async function answerPageById<T extends { id: string }>(
  request: FastifyRequest,
  reply: FastifyReply,
  query: { limit?: number; cursor?: string },
  read: (page: PageById) => Promise<T[]>,
): Promise<T[]> {
  const { limit = LIMITS.page_rows_default, cursor } = query;
  const before = cursor === undefined ? undefined : readPlace(cursor);
  const rows = await read({ limit: limit + 1, before });
  const last = rows[limit - 1];
  if (rows.length > limit && last) linkNext(request, reply, encodeCursor([last.id]));
  return rows.slice(0, limit);
}

function readPlace(cursor: string): string {
  const [id] = decodeCursor(
    cursor,
    (place): place is [string] =>
      Array.isArray(place) &&
      place.length === 1 &&
      typeof place[0] === 'string' &&
      isUuid(place[0]),
  );
  return id;
}
