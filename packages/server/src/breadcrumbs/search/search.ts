import { AppError, messageOf, type Clock, type Log } from '../../base/index.ts';
import type { Principal } from '../../http/index.ts';
import { EMBEDDING_DIMENSIONS, toUnitVector, type Embedder } from '../embedders/index.ts';
import { queryWords } from './index-words.ts';
import type { Hit, SearchStore } from './search-store.ts';
import { toText } from './vector-text.ts';

/** Longest wait for the vector of a query: whoever asks would rather have what the words find. */
const QUERY_TIMEOUT_MS = 3_000;

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
  readonly #clock: Clock;
  readonly #log: Log;
  #is_failing = false;

  constructor(ports: { store: SearchStore; embedder: Embedder; clock: Clock; log: Log }) {
    this.#store = ports.store;
    this.#embedder = ports.embedder;
    this.#clock = ports.clock;
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
    const { name: by, noise } = this.#embedder;
    // Whoever brings a vector knows what it is like; there is no reason to hold back what is only a little like it.
    const meaning = vector === null ? null : { vector, by, floor: given === null ? noise : -1 };
    const words = text === null ? [] : queryWords(text);
    const query = { words, meaning, all_tags, schema_name, limit };
    const hits = await this.#store.search(principal, query);
    return { hits, mode: vector === null ? 'words' : text === null ? 'vector' : 'hybrid' };
  }

  /** Words alone are better than no answer, so a failing embedder does not fail the search. */
  async #vectorOf(text: string): Promise<string | null> {
    const patience = new AbortController();
    const cancel = this.#clock.after(QUERY_TIMEOUT_MS, () => patience.abort());
    try {
      const [vector] = await this.#embedder.embed([text], patience.signal);
      this.#is_failing = false;
      return vector ? toText(vector) : null;
    } catch (error) {
      // Once: an outage of an hour would otherwise fill the log.
      if (!this.#is_failing)
        this.#log.warn(
          { reason: messageOf(error) },
          'a query was not embedded; until that works again, words alone are searched for',
        );
      this.#is_failing = true;
      return null;
    } finally {
      cancel();
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
  // At length 1: the squares of very large or small numbers would leave the range of single precision.
  return toText(toUnitVector(list));
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
