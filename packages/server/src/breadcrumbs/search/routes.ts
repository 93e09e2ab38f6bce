import { LIMITS } from '@cairn/protocol';
import { Type } from 'typebox';
import { readList, type HttpServer, type Routes } from '../../http/index.ts';
import type { Search } from './search.ts';

const ListParameter = Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())]));

/** The most that one search finds. */
const HITS_MAX = 100;

const SearchParameters = Type.Object({
  q: Type.Optional(
    Type.String({ maxLength: 2_000, description: 'Words; their meaning is looked for too' }),
  ),
  qvec: Type.Optional(
    Type.String({
      maxLength: 20_000,
      description: '384 numbers, comma separated or as a JSON array',
    }),
  ),
  nn: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.integer,
      default: 5,
      description: `How many; more than ${HITS_MAX} gives ${HITS_MAX}`,
    }),
  ),
  tag: ListParameter,
  all_tags: ListParameter,
  schema_name: Type.Optional(Type.String({ maxLength: LIMITS.schema_name_chars })),
  include_context: Type.Optional(Type.Boolean()),
});

export function searchRoutes(search: Search): Routes {
  return (server: HttpServer) => {
    server.get(
      '/breadcrumbs/search',
      {
        config: { access: 'breadcrumb.read' },
        schema: {
          summary: 'Find breadcrumbs by words and meaning, best first',
          description:
            'Each has a `score`. The header `search-mode` says `hybrid`, `vector`, or `words` where the database has no vectors.',
          tags: ['breadcrumbs'],
          querystring: SearchParameters,
          response: { 200: Type.Array(Type.Unknown()) },
        },
      },
      async ({ principal, query }, reply) => {
        const { hits, mode } = await search.find(principal, {
          q: query.q?.replaceAll('\0', ' ').toWellFormed(),
          qvec: query.qvec,
          all_tags: [readList(query.tag), readList(query.all_tags)].flatMap((list) => list ?? []),
          schema_name: query.schema_name?.replaceAll('\0', ' ').toWellFormed(),
          limit: Math.min(query.nn ?? 5, HITS_MAX),
        });
        reply.header('search-mode', mode);
        if (query.include_context) return hits;
        return hits.map(({ id, title, tags, schema_name, version, updated_at, score }) => {
          return { id, title, tags, schema_name, version, updated_at, score };
        });
      },
    );
  };
}
