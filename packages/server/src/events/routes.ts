import {
  assertKnownFields,
  compileSelector,
  DEFAULT_EVENT_TYPES,
  EPHEMERAL_EVENT_TYPES,
  LIMITS,
  LOGGED_EVENT_TYPES,
  Selector,
  SelectorError,
  type CompiledSelector,
} from '@cairn/protocol';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { AppError, type Clock } from '../base/index.ts';
import { readList, SseConnection, type HttpServer, type Routes } from '../http/index.ts';
import type { StreamHub } from './stream-hub.ts';
import { waitForRoom } from './wait-for-room.ts';

const ListParameter = Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())]));

const StreamQuery = Type.Object({
  any_tags: ListParameter,
  all_tags: ListParameter,
  tag: ListParameter,
  schema_name: Type.Optional(Type.String({ maxLength: LIMITS.schema_name_chars })),
  filters: Type.Optional(Type.String({ maxLength: 10_000, description: 'A selector as JSON' })),
  types: Type.Optional(
    Type.String({
      description: `Comma separated, of ${[...LOGGED_EVENT_TYPES, ...EPHEMERAL_EVENT_TYPES].join(', ')}; default ${DEFAULT_EVENT_TYPES.join()}`,
    }),
  ),
  last_event_id: Type.Optional(
    Type.String({ description: 'As the Last-Event-ID header, for clients that cannot set it' }),
  ),
});

export function eventRoutes(hub: StreamHub, clock: Clock): Routes {
  return (server: HttpServer) => {
    // The server ends all connections when it closes; before that they are told.
    server.addHook('preClose', async () => hub.closeAll('server_stopping'));
    server.get(
      '/events/stream',
      {
        // An answer without a body could never end.
        exposeHeadRoute: false,
        config: { access: 'event.read' },
        schema: {
          summary: 'Live events as they happen (Server-Sent Events)',
          description:
            'Frames are unnamed: `id: <sequence>` and `data: <JSON>`. With Last-Event-ID, what was missed comes first; pings carry an id too. It ends with `token_expired` soon after the token has expired or its key was revoked. An event of up to 16 KiB has the record itself in `breadcrumb`; larger ones are to be fetched.',
          tags: ['events'],
          querystring: StreamQuery,
        },
      },
      async (request, reply) => {
        const { query, principal, raw, credential_holds } = request;
        const tags = [readList(query.tag), readList(query.all_tags)].flatMap((list) => list ?? []);
        const selector = readSelector({ ...query, tags }, principal.owner_id);
        const types = readTypes(query.types);
        const after = readSequence(request.headers['last-event-id'] ?? query.last_event_id);
        hub.assertRoom(principal);
        reply.hijack();
        // Who left while the token was checked will not be missed again.
        if (reply.raw.destroyed) return;
        raw.socket.setTimeout(0);
        raw.socket.setNoDelay(true);
        const headers = reply.getHeaders() as Record<string, string>;
        await hub.open({ principal, selector, types, after }, (onClose, position) => ({
          connection: new SseConnection(
            reply.raw,
            headers,
            clock,
            onClose,
            position,
            credential_holds,
          ),
          backlog: () => reply.raw.writableLength,
          drained: () => waitForRoom(reply.raw, clock),
        }));
      },
    );
  };
}

function readSelector(
  query: {
    any_tags?: string | string[];
    tags: string[];
    schema_name?: string;
    filters?: string;
  },
  owner_id: string,
): CompiledSelector {
  const any_tags = readList(query.any_tags);
  const own: Selector = {
    ...(any_tags ? { any_tags } : {}),
    all_tags: query.tags,
    ...(query.schema_name ? { schema_name: query.schema_name } : {}),
  };
  const filters = query.filters ? [parseFilters(query.filters)] : [];
  const both = [own, ...filters].map((each) => compile(each, owner_id));
  const [first, second] = both as [CompiledSelector, CompiledSelector?];
  if (!second) return first;
  return {
    any_tags: first.any_tags ?? second.any_tags,
    all_tags: [...first.all_tags, ...second.all_tags],
    schema_name: first.schema_name ?? second.schema_name,
    equalities: [...first.equalities, ...second.equalities],
    matches: (event) => first.matches(event) && second.matches(event),
  };
}

function parseFilters(text: string): Selector {
  let filters: unknown;
  try {
    filters = JSON.parse(text);
  } catch {
    throw new AppError(
      'invalid_selector',
      'filters must be a selector as JSON, such as {"any_tags":["user:message"]}',
    );
  }
  if (!Value.Check(Selector, filters)) {
    const first = Value.Errors(Selector, filters)[0];
    throw new AppError(
      'invalid_selector',
      `filters${first ? `${first.instancePath}: ${first.message}` : ' is not a selector'}`,
    );
  }
  return filters;
}

function compile(selector: Selector, owner_id: string): CompiledSelector {
  try {
    assertKnownFields(selector, owner_id);
    return compileSelector(selector);
  } catch (error) {
    if (error instanceof SelectorError) throw new AppError('invalid_selector', error.message);
    throw error;
  }
}

function readTypes(text: string | undefined): ReadonlySet<string> | null {
  const types = readList(text);
  if (!types) return null;
  const known: readonly string[] = [...LOGGED_EVENT_TYPES, ...EPHEMERAL_EVENT_TYPES];
  const unknown = types.find((type) => !known.includes(type));
  if (unknown)
    throw new AppError('bad_request', `types names "${unknown}"; known are ${known.join(', ')}`);
  return new Set(types);
}

function readSequence(text: string | string[] | undefined): number | null {
  if (text === undefined || text === '') return null;
  const sequence = Number(text);
  if (!/^\d+$/.test(String(text)) || !Number.isSafeInteger(sequence)) {
    throw new AppError('bad_request', 'Last-Event-ID must be a sequence that this server sent');
  }
  return sequence;
}
