import { AppError, messageOf, type Log } from '../../base/index.ts';
import type { Principal } from '../../http/index.ts';
import { EMBEDDING_DIMENSIONS, type Embedder } from '../embedders/index.ts';
import { toText } from './index-records.ts';
import type { Hit, SearchStore } from './search-store.ts';

export interface SearchRequest {
  /** Words; their meaning is looked for too. */
  readonly q: string | undefined;
  /** A vector of the caller's, as `0.1,0.2,…` or as a JSON array. */
  readonly qvec: string | undefined;
  readonly all_tags: readonly string[];
  readonly schema_name: string | undefined;
  readonly limit: number;
}

/** What was found, and how: `words` alone where vectors cannot be had. */
export interface SearchAnswer {
  readonly hits: Hit[];
  readonly mode: 'hybrid' | 'words' | 'vector';
}

/** Finds records by their words and by their meaning, of those that the principal may read. */
export class Search {
  readonly #store: SearchStore;
  readonly #embedder: Embedder;
  readonly #log: Log;

  constructor(ports: { store: SearchStore; embedder: Embedder; log: Log }) {
    this.#store = ports.store;
    this.#embedder = ports.embedder;
    this.#log = ports.log;
  }

  /** Best first. @throws AppError validation_failed when `qvec` is not a vector of 384 numbers */
  async find(principal: Principal, request: SearchRequest): Promise<SearchAnswer> {
    const given = request.qvec === undefined ? null : readVector(request.qvec);
    const text = request.q?.trim() ? request.q : null;
    const has_vectors = await this.#store.hasVectors();
    if (given !== null && text === null && !has_vectors) {
      throw new AppError(
        'unavailable',
        'this database has no vectors (the extension pgvector is missing); search with q',
      );
    }
    if (given === null && text === null) return { hits: [], mode: 'words' };
    const vector = has_vectors ? (given ?? (await this.#vectorOf(text ?? ''))) : null;
    const { all_tags, schema_name, limit } = request;
    const query = { text, vector, all_tags, schema_name, limit };
    const hits = await this.#store.search(principal, query, this.#embedder.name);
    return { hits, mode: vector === null ? 'words' : text === null ? 'vector' : 'hybrid' };
  }

  /** Words alone are better than no answer, so a failing embedder does not fail the search. */
  async #vectorOf(text: string): Promise<string | null> {
    try {
      const [vector] = await this.#embedder.embed([text]);
      return vector ? toText(vector) : null;
    } catch (error) {
      this.#log.warn(
        { reason: messageOf(error) },
        'a query was not embedded; its words are searched for',
      );
      return null;
    }
  }
}

function readVector(text: string): string {
  const list = text.trim().startsWith('[') ? parseArray(text) : text.split(',').map(readNumber);
  // Vectors are kept in single precision, and one without a direction is like nothing.
  const is_vector =
    list?.length === EMBEDDING_DIMENSIONS &&
    list.every((each) => Number.isFinite(Math.fround(each))) &&
    list.some((each) => Math.fround(each) !== 0);
  if (!is_vector) {
    throw new AppError(
      'validation_failed',
      `qvec must be ${EMBEDDING_DIMENSIONS} numbers, comma separated or as a JSON array`,
    );
  }
  return `[${list.join(',')}]`;
}

/** Nothing between two commas is no number, though `Number` takes it for zero. */
function readNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function parseArray(text: string): number[] | null {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((each) => typeof each === 'number') ? list : null;
  } catch {
    return null;
  }
}
