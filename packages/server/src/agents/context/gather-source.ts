import {
  compileSelector,
  sessionTag,
  type BreadcrumbContext,
  type ContextSource,
} from '@cairn/protocol';
import type { Breadcrumbs, Search } from '../../breadcrumbs/index.ts';
import type { Principal } from '../../http/index.ts';

const LIMIT = 20;
const NEAREST = 10;
/** A source with rules looks at so many times more records than it wants, and never at more than this. */
const LOOKED_AT = { times: 5, max: 500, searched: 100 };
/** Characters of a message that are searched for. */
const QUERY_CHARS = 2_000;

/** For whom and about what is gathered. */
export interface Occasion {
  readonly reader: Principal;
  readonly conversation_id: string;
  /** The words of the message. */
  readonly words: string;
}

/** The records of one source, those that matter most first. @throws AppError SelectorError when it asks for what cannot be */
export async function gatherSource(
  ports: {
    breadcrumbs: Pick<Breadcrumbs, 'listWithContext'>;
    search: Pick<Search, 'find'>;
  },
  source: ContextSource,
  occasion: Occasion,
): Promise<BreadcrumbContext[]> {
  const { method = 'recent', filters = {}, query } = source;
  if (method === 'event_data') return [];
  const tag = filters.tag === undefined ? [] : [filters.tag].flat();
  const any_tags = filters.any_tags ?? null;
  const all_tags = [...tag, ...(filters.all_tags ?? [])];
  const { matches } = compileSelector({
    any_tags,
    all_tags,
    schema_name: source.schema_name ?? null,
    context_match: filters.context_match ?? null,
  });
  const is_search = method === 'search' || method === 'vector' || method === 'hybrid';
  const wanted = is_search
    ? (source.nn ?? source.limit ?? NEAREST)
    : (source.limit ?? (method === 'latest' ? 1 : LIMIT));
  const has_rules = (filters.context_match ?? []).length > 0 || (is_search && any_tags !== null);
  const limit = has_rules ? Math.min(wanted * LOOKED_AT.times, LOOKED_AT.max) : wanted;
  const schema_name = source.schema_name ?? undefined;
  const is_current = source.conversation_scope === 'current';
  const { reader, conversation_id, words } = occasion;
  const found = is_search
    ? await ports.search
        .find(reader, {
          q: (query ?? words).slice(0, QUERY_CHARS).toWellFormed(),
          qvec: undefined,
          all_tags: is_current ? [...all_tags, sessionTag(conversation_id)] : all_tags,
          schema_name,
          limit: Math.min(limit, LOOKED_AT.searched),
        })
        .then(({ hits }) => hits)
    : await ports.breadcrumbs.listWithContext(reader, {
        ...(any_tags === null ? {} : { any_tags }),
        all_tags,
        schema_name,
        conversation_id: is_current ? conversation_id : undefined,
        limit,
      });
  return found.filter((each) => matches(each)).slice(0, wanted);
}
