import type { BreadcrumbItem } from '@cairn/protocol';
import { pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions } from '../client-types.ts';

/** What to find. With neither `q` nor `qvec` nothing is found. */
export interface SearchQuery {
  /** Words; their meaning is looked for too. */
  q?: string;
  /** A vector of your own, 384 numbers, in place of the one that is made of `q`. */
  qvec?: readonly number[];
  /** How many hits, at most 100. Default 5. */
  nn?: number;
  tag?: string;
  /** All of these tags. */
  all_tags?: readonly string[];
  schema_name?: string;
  /** Hits with description and context. */
  include_context?: boolean;
}

const MODES = ['hybrid', 'vector', 'words'] as const;
/** How was searched: by words and meaning, by the vector alone, or by words where the database has no vectors. */
export type SearchMode = (typeof MODES)[number];

/** What a search found, the best first. */
export interface SearchAnswer<T = BreadcrumbItem> {
  /** Scores of one answer can be compared with each other; higher is better. */
  hits: (T & { score: number })[];
  /** Null when the answer does not say it. */
  mode: SearchMode | null;
}

/** Asks `GET /breadcrumbs/search`. */
export async function searchBreadcrumbs<T>(
  api: ApiCaller,
  { qvec, ...query }: SearchQuery,
  options: CallOptions,
): Promise<SearchAnswer<T>> {
  const { body, headers } = await api.read<(T & { score: number })[]>(
    pathTo('breadcrumbs', 'search'),
    options,
    { ...query, qvec: qvec?.join(',') },
  );
  const mode = headers.get('search-mode');
  return { hits: body, mode: MODES.find((each) => each === mode) ?? null };
}
