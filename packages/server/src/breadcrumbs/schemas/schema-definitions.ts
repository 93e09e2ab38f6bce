import { messageOf, type Log } from '../../base/index.ts';
import { compileSchemaDefinition, type CompiledDefinition } from './compile-definition.ts';

/** A `schema.def.v1` record as it is stored, not as a view shows it. */
export interface DefinitionRecord {
  readonly context: unknown;
  readonly llm_hints: unknown;
}

/** Where definitions come from, and how one hears that they have changed. */
export interface DefinitionSource {
  /** The newest record that a curator stands for and that has the tag `defines:<schema_name>`, or null. */
  load(owner_id: string, schema_name: string): Promise<DefinitionRecord | null>;
  /**
   * Calls the listener after each committed change of a definition (created, updated, deleted, expired) by any
   * process; with null when changes may have been missed. Returns how to stop listening.
   */
  onChange(listener: (changed: DefinitionChange | null) => void): () => void;
}

/** Which definition has changed. */
export interface DefinitionChange {
  readonly owner_id: string;
  readonly schema_name: string;
}

/** Definitions that are kept compiled; the one that was used longest ago goes first. */
const KEPT_MAX = 500;

/**
 * The definitions of all tenants, compiled on first use and kept until the source says that they have changed. That a
 * schema has no definition is kept as well: most have none, and every write asks.
 *
 * A change counts for every `find` that begins after the source has told of it; writes that ran meanwhile may have
 * been checked against the definition before.
 */
export class SchemaDefinitions {
  readonly #source: DefinitionSource;
  readonly #log: Log;
  readonly #kept_max: number;
  readonly #kept = new Map<string, Promise<CompiledDefinition | null>>();
  readonly #stopListening: () => void;

  constructor(source: DefinitionSource, log: Log, kept_max: number = KEPT_MAX) {
    this.#source = source;
    this.#log = log;
    this.#kept_max = kept_max;
    this.#stopListening = source.onChange((changed) => {
      if (changed) this.#kept.delete(keyOf(changed.owner_id, changed.schema_name));
      else this.#kept.clear();
    });
  }

  /**
   * The definition of a schema, or null when the tenant has none. One that cannot be used counts as none and is
   * logged once: it is refused when it is written, and a bad record must not stop all writes of its schema.
   */
  async find(owner_id: string, schema_name: string): Promise<CompiledDefinition | null> {
    const key = keyOf(owner_id, schema_name);
    const kept = this.#kept.get(key);
    const definition = kept ?? this.#load(owner_id, schema_name);
    // Put back at the end, so that the order is that of use. What is loading can be forgotten by a change already.
    this.#kept.delete(key);
    this.#kept.set(key, definition);
    if (this.#kept.size > this.#kept_max) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    try {
      return await definition;
    } catch (error) {
      if (this.#kept.get(key) === definition) this.#kept.delete(key);
      throw error;
    }
  }

  /** Stops listening and forgets everything. Safe to call twice. */
  close(): void {
    this.#stopListening();
    this.#kept.clear();
  }

  async #load(owner_id: string, schema_name: string): Promise<CompiledDefinition | null> {
    const record = await this.#source.load(owner_id, schema_name);
    if (!record) return null;
    try {
      return compileSchemaDefinition(record.context, record.llm_hints);
    } catch (error) {
      const fields = { owner_id, schema_name, reason: messageOf(error) };
      this.#log.warn(fields, 'a schema definition cannot be used');
      return null;
    }
  }
}

/** An owner is a UUID, so the first part always ends at the same place. */
function keyOf(owner_id: string, schema_name: string): string {
  return `${owner_id}\n${schema_name}`;
}
