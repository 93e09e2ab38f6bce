import {
  BreadcrumbChanged,
  BreadcrumbContext,
  BreadcrumbCreate,
  BreadcrumbFull,
  BreadcrumbItem,
  BreadcrumbPatch,
  BreadcrumbVersion,
  LIMITS,
  Uuid,
} from '@cairn/protocol';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { AppError, isUuid } from '../base/index.ts';
import {
  decodeCursor,
  encodeCursor,
  linkNext,
  readIfMatch,
  readList,
  type HttpServer,
  type Routes,
} from '../http/index.ts';
import type { Breadcrumbs } from './breadcrumbs.ts';
import type { Place } from './contract.ts';

const ById = Type.Object({ id: Uuid });
const Ok = Type.Object({ ok: Type.Boolean() });
const tags = ['breadcrumbs'];
const ListParameter = Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())]));

const ListQuery = Type.Object({
  tag: ListParameter,
  any_tags: ListParameter,
  all_tags: ListParameter,
  schema_name: Type.Optional(Type.String({ maxLength: LIMITS.schema_name_chars })),
  q: Type.Optional(
    Type.String({ maxLength: 500, description: 'Text in the title or the context' }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.integer,
      default: LIMITS.page_rows_default,
      description: `More than ${LIMITS.page_rows} gives a page of ${LIMITS.page_rows}`,
    }),
  ),
  cursor: Type.Optional(Type.String({ maxLength: 500 })),
  offset: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: LIMITS.page_offset,
      description: 'Rows to pass over; not together with `cursor`, which reaches further',
    }),
  ),
  include_context: Type.Optional(Type.Boolean()),
});

export function breadcrumbRoutes(breadcrumbs: Breadcrumbs): Routes {
  return (server: HttpServer) => {
    addCreate(server, breadcrumbs);
    addList(server, breadcrumbs);
    addReads(server, breadcrumbs);
    addChanges(server, breadcrumbs);
  };
}

function addCreate(server: HttpServer, breadcrumbs: Breadcrumbs): void {
  server.post(
    '/breadcrumbs',
    {
      config: { access: 'breadcrumb.create' },
      schema: {
        summary: 'Create a breadcrumb',
        description:
          'With an Idempotency-Key, a repeat answers as the first request did and creates nothing.',
        tags,
        headers: Type.Object({
          'idempotency-key': Type.Optional(
            Type.String({ minLength: 1, maxLength: LIMITS.idempotency_key_chars }),
          ),
        }),
        body: BreadcrumbCreate,
        response: { 201: BreadcrumbFull },
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key'] ?? null;
      const { full, is_replay } = await breadcrumbs.create(request.principal, request.body, key);
      if (is_replay) reply.header('idempotent-replayed', 'true');
      return reply.code(201).header('etag', `"${full.version}"`).send(full);
    },
  );
}

function addList(server: HttpServer, breadcrumbs: Breadcrumbs): void {
  server.get(
    '/breadcrumbs',
    {
      config: { access: 'breadcrumb.read' },
      schema: {
        summary: 'List breadcrumbs, last changed first',
        description:
          'The header `Link: <…>; rel="next"` leads to the next page. With contexts, a page ends early at 16 MiB of them.',
        tags,
        querystring: ListQuery,
        response: { 200: Type.Array(Type.Union([BreadcrumbContext, BreadcrumbItem])) },
      },
      // The union would be checked row by row; the rows come from us.
      serializerCompiler: () => JSON.stringify,
    },
    async (request, reply) => {
      const { query, principal } = request;
      if (query.cursor !== undefined && query.offset !== undefined)
        throw new AppError('bad_request', 'give cursor or offset, not both');
      const wanted = {
        any_tags: readList(query.any_tags),
        all_tags: [readList(query.tag), readList(query.all_tags)].flatMap((list) => list ?? []),
        schema_name: query.schema_name,
        text: query.q,
        limit: Math.min(query.limit ?? LIMITS.page_rows_default, LIMITS.page_rows),
        before: query.cursor === undefined ? undefined : readPlace(query.cursor),
        offset: query.offset,
      };
      const { rows, next } = await breadcrumbs.page(
        principal,
        wanted,
        query.include_context ?? false,
      );
      if (next) linkNext(request, reply, encodeCursor([next.updated_at, next.id]));
      return rows;
    },
  );
}

/** A time as this server writes it, so that the database can read it. */
const TIME = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function readPlace(cursor: string): Place {
  const [updated_at, id] = decodeCursor(cursor, (place): place is [string, string] => {
    if (!Array.isArray(place) || place.length !== 2) return false;
    const [time, key] = place as unknown[];
    if (typeof time !== 'string' || typeof key !== 'string') return false;
    return TIME.test(time) && !Number.isNaN(Date.parse(time)) && isUuid(key);
  });
  return { updated_at, id };
}

function addReads(server: HttpServer, breadcrumbs: Breadcrumbs): void {
  const config = { access: 'breadcrumb.read' };
  server.get(
    '/breadcrumbs/:id',
    {
      config,
      schema: {
        summary: 'Read a breadcrumb',
        tags,
        params: ById,
        querystring: Type.Object({
          view: Type.Optional(
            Type.Enum(['llm'], { description: 'As the hints of its schema show it to a model' }),
          ),
        }),
        response: { 200: BreadcrumbContext },
      },
    },
    async (request, reply) => {
      const id = request.params.id.toLowerCase();
      if (request.query.view === 'llm') {
        const view = await breadcrumbs.view(request.principal, id, true);
        return reply.header('etag', `"${view.version}"`).send(view);
      }
      const { json, version } = await breadcrumbs.viewJson(request.principal, id);
      return answerJson(reply.header('etag', `"${version}"`), json);
    },
  );
  server.get(
    '/breadcrumbs/:id/full',
    {
      config,
      schema: {
        summary: 'Read all that is stored of a breadcrumb',
        tags,
        params: ById,
        querystring: Type.Object({
          count_read: Type.Optional(
            Type.Boolean({
              description:
                'False looks at a record whose TTL is by use without using it up, as its history does',
            }),
          ),
        }),
        response: { 200: BreadcrumbFull },
      },
    },
    async (request, reply) => {
      const id = request.params.id.toLowerCase();
      const full =
        request.query.count_read === false
          ? await breadcrumbs.getFull(request.principal, id)
          : await breadcrumbs.readFull(request.principal, id);
      return reply.header('etag', `"${full.version}"`).send(full);
    },
  );
  server.get(
    '/breadcrumbs/:id/history',
    {
      config,
      schema: {
        summary: 'Versions of a breadcrumb, newest first',
        tags,
        params: ById,
        response: { 200: Type.Array(BreadcrumbVersion) },
      },
    },
    (request) => breadcrumbs.history(request.principal, request.params.id.toLowerCase()),
  );
}

/** Answers with JSON that is text already. */
function answerJson(reply: FastifyReply, json: string): FastifyReply {
  return reply.header('content-type', 'application/json; charset=utf-8').send(json);
}

function addChanges(server: HttpServer, breadcrumbs: Breadcrumbs): void {
  server.patch(
    '/breadcrumbs/:id',
    {
      config: { access: 'breadcrumb.update' },
      schema: {
        summary: 'Change a breadcrumb',
        description:
          'With `If-Match: <version>` only if it still has that version; else 412 with `current_version`. Answers with as much as the caller may read. Visibility and sensitivity are for its author and curators to change.',
        tags,
        params: ById,
        body: BreadcrumbPatch,
        response: { 200: BreadcrumbChanged },
      },
    },
    async (request, reply) => {
      const version = readIfMatch(request.headers['if-match']);
      const changed = await breadcrumbs.change(
        request.principal,
        request.params.id.toLowerCase(),
        request.body,
        version,
      );
      return reply.header('etag', `"${changed.version}"`).send(changed);
    },
  );
  // Some clients of the original delete what they read by the address that they read it at.
  for (const url of ['/breadcrumbs/:id', '/breadcrumbs/:id/full']) {
    server.route({
      method: 'DELETE',
      url,
      config: { access: 'breadcrumb.delete' },
      schema: {
        summary: 'Delete a breadcrumb and its history',
        tags,
        params: ById,
        response: { 200: Ok },
      },
      handler: async (request) => {
        const version = readIfMatch(request.headers['if-match']);
        await breadcrumbs.remove(request.principal, request.params.id.toLowerCase(), version);
        return { ok: true };
      },
    });
  }
}
