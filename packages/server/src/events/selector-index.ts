import type { CompiledSelector, Selectable } from '@cairn/protocol';

/** What an entry is found by: the tenant, then one of these. */
interface Entry<T> {
  readonly selector: CompiledSelector;
  readonly value: T;
  /** The buckets it stands in; several only for `any_tags`. */
  readonly keys: readonly string[];
}

/** Stands for every tenant. */
export const EVERY_TENANT = '*';

/**
 * Finds the selectors that an event matches without trying them all. Each selector is filed under something that the
 * event must have: a tag, else a schema name, else nothing. Only what is filed under the event's own tags and schema
 * is then tried, so the cost follows the number of likely matches and not the number of selectors.
 */
export class SelectorIndex<T> {
  readonly #buckets = new Map<string, Set<Entry<T>>>();
  readonly #entries = new Map<string, Entry<T>>();

  get size(): number {
    return this.#entries.size;
  }

  /** Adds a selector of a tenant, or of `EVERY_TENANT`, under an id of the caller's; the same id again replaces it. */
  add(id: string, owner_id: string, selector: CompiledSelector, value: T): void {
    this.remove(id);
    const entry = { selector, value, keys: this.#keysFor(owner_id, selector) };
    this.#entries.set(id, entry);
    for (const key of entry.keys) {
      const bucket = this.#buckets.get(key);
      if (bucket) bucket.add(entry);
      else this.#buckets.set(key, new Set([entry]));
    }
  }

  remove(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    for (const key of entry.keys) {
      const bucket = this.#buckets.get(key);
      bucket?.delete(entry);
      if (bucket?.size === 0) this.#buckets.delete(key);
    }
  }

  /** The values of all selectors that the event matches, each once, in no particular order. */
  match(owner_id: string, event: Selectable): T[] {
    const found: T[] = [];
    // A selector with several `any_tags` may be met in several buckets.
    const seen = new Set<Entry<T>>();
    for (const owner of [owner_id, EVERY_TENANT]) {
      this.#collect(allKey(owner), event, seen, found);
      if (event.schema_name !== null)
        this.#collect(schemaKey(owner, event.schema_name), event, seen, found);
      for (const tag of event.tags) this.#collect(tagKey(owner, tag), event, seen, found);
    }
    return found;
  }

  #collect(key: string, event: Selectable, seen: Set<Entry<T>>, found: T[]): void {
    for (const entry of this.#buckets.get(key) ?? []) {
      if (seen.has(entry)) continue;
      seen.add(entry);
      if (entry.selector.matches(event)) found.push(entry.value);
    }
  }

  #keysFor(owner: string, selector: CompiledSelector): string[] {
    const [first, ...others] = selector.all_tags.map((tag) => tagKey(owner, tag));
    // Of several tags that must all be there, the one that the fewest others are filed under.
    if (first)
      return [
        others.reduce((best, key) => (this.#crowd(key) < this.#crowd(best) ? key : best), first),
      ];
    if (selector.any_tags) return [...selector.any_tags].map((tag) => tagKey(owner, tag));
    if (selector.schema_name !== null) return [schemaKey(owner, selector.schema_name)];
    return [allKey(owner)];
  }

  #crowd(key: string): number {
    return this.#buckets.get(key)?.size ?? 0;
  }
}

const tagKey = (owner: string, tag: string) => `${owner} t ${tag}`;
const schemaKey = (owner: string, schema: string) => `${owner} s ${schema}`;
const allKey = (owner: string) => `${owner} a`;
