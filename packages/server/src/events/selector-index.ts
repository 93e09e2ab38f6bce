import type { CompiledSelector, Equality, Selectable } from '@cairn/protocol';

/** What an entry is found by: the tenant, then one of these. */
interface Entry<T> {
  readonly selector: CompiledSelector;
  readonly value: T;
  readonly owner_id: string;
  /** The buckets it stands in; several only for `any_tags`. */
  readonly keys: readonly string[];
  /** Set when it is filed under what its context must say. */
  readonly equality: Equality | null;
}

/** A place of contexts that selectors of one tenant are filed under, and how many are. */
interface UsedPlace {
  readonly find: Equality['find'];
  uses: number;
}

/** Stands for every tenant. */
export const EVERY_TENANT = '*';

/**
 * Finds the selectors that an event matches without trying them all. Each selector is filed under something that the
 * event must have, and of several such things under the one that the fewest others are filed under: a tag, a value at a
 * place of its context, a schema name, or nothing. Only what is filed under what the event has is then tried, so the cost
 * follows the number of likely matches and not the number of selectors.
 */
export class SelectorIndex<T> {
  readonly #buckets = new Map<string, Set<Entry<T>>>();
  readonly #entries = new Map<string, Entry<T>>();
  /** By tenant, then by place. */
  readonly #places = new Map<string, Map<string, UsedPlace>>();

  get size(): number {
    return this.#entries.size;
  }

  /** Adds a selector of a tenant, or of `EVERY_TENANT`, under an id of the caller's; the same id again replaces it. */
  add(id: string, owner_id: string, selector: CompiledSelector, value: T): void {
    this.remove(id);
    const entry = { selector, value, owner_id, ...this.#fileUnder(owner_id, selector) };
    this.#entries.set(id, entry);
    if (entry.equality) this.#use(owner_id, entry.equality);
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
    if (entry.equality) this.#disuse(entry.owner_id, entry.equality);
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
      for (const [place, { find }] of this.#places.get(owner) ?? []) {
        const at = find(event.context);
        if (at !== undefined) this.#collect(placeKey(owner, place, at), event, seen, found);
      }
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

  #fileUnder(owner: string, selector: CompiledSelector): Pick<Entry<T>, 'keys' | 'equality'> {
    const { all_tags, any_tags, schema_name, equalities } = selector;
    const choices: { key: string; equality: Equality | null }[] = [
      ...all_tags.map((tag) => ({ key: tagKey(owner, tag), equality: null })),
      ...equalities.map((equality) => ({
        key: placeKey(owner, equality.place, equality.value),
        equality,
      })),
    ];
    if (choices.length === 0 && any_tags) {
      return { keys: [...any_tags].map((tag) => tagKey(owner, tag)), equality: null };
    }
    if (schema_name !== null) choices.push({ key: schemaKey(owner, schema_name), equality: null });
    const [first = { key: allKey(owner), equality: null }, ...others] = choices;
    const best = others.reduce(
      (least, each) => (this.#crowd(each.key) < this.#crowd(least.key) ? each : least),
      first,
    );
    return { keys: [best.key], equality: best.equality };
  }

  #use(owner: string, { place, find }: Equality): void {
    const places = this.#places.get(owner) ?? new Map<string, UsedPlace>();
    this.#places.set(owner, places);
    const used = places.get(place) ?? { find, uses: 0 };
    used.uses++;
    places.set(place, used);
  }

  #disuse(owner: string, { place }: Equality): void {
    const places = this.#places.get(owner);
    const used = places?.get(place);
    if (!places || !used) return;
    used.uses--;
    if (used.uses === 0) places.delete(place);
    if (places.size === 0) this.#places.delete(owner);
  }

  #crowd(key: string): number {
    return this.#buckets.get(key)?.size ?? 0;
  }
}

const tagKey = (owner: string, tag: string) => `${owner} t ${tag}`;
/** Values that are no text, number, boolean or null have no selectors filed under them. */
const placeKey = (owner: string, place: string, value: unknown) =>
  typeof value === 'object' && value !== null
    ? `${owner} -`
    : `${owner} v ${place} ${JSON.stringify(value)}`;
const schemaKey = (owner: string, schema: string) => `${owner} s ${schema}`;
const allKey = (owner: string) => `${owner} a`;
