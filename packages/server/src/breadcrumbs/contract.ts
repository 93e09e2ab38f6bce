import type { BreadcrumbFull, BreadcrumbPatch, Sensitivity, Visibility } from '@cairn/protocol';
import type { Principal } from '../http/index.ts';

/** A breadcrumb as it goes into the table: validated, measured, with its checksum. */
export interface NewRow {
  readonly id: string;
  readonly owner_id: string;
  readonly title: string;
  readonly description: string | null;
  readonly semantic_version: string | null;
  readonly context: unknown;
  readonly tags: readonly string[];
  readonly schema_name: string | null;
  readonly llm_hints: Record<string, unknown> | null;
  readonly checksum: string;
  readonly visibility: Visibility;
  readonly sensitivity: Sensitivity;
  readonly ttl: string | null;
  readonly ttl_type: string;
  readonly ttl_config: unknown;
  readonly ttl_source: string | null;
  readonly size_bytes: number;
  readonly created_by: string;
}

/** A create, with the key under which a repeat is known. */
export interface NewBreadcrumb {
  readonly row: NewRow;
  /** For whom it is made, when its author acts for somebody. */
  readonly asked_by?: string | null;
  readonly idempotency_key: string | null;
  /** Tells a repeat from another request under the same key. */
  readonly request_hash: string | null;
}

/** An update that waits for its turn. */
export interface Update {
  readonly id: string;
  readonly principal: Principal;
  readonly patch: BreadcrumbPatch;
  /** The version that the caller has seen; undefined updates whatever is there. */
  readonly expected_version: number | undefined;
}

export interface ListQuery {
  readonly any_tags?: readonly string[] | undefined;
  readonly all_tags?: readonly string[] | undefined;
  readonly schema_name?: string | undefined;
  readonly schema_names?: readonly string[] | undefined;
  /** Found anywhere in title or context, whatever the case of letters. */
  readonly text?: string | undefined;
  /** Belongs to this conversation, by its session tag or by what its context says. */
  readonly conversation_id?: string | undefined;
  readonly limit: number;
  /** Rows that are passed over first. */
  readonly offset?: number | undefined;
  /** Where the page before ended. */
  readonly before?: Place | undefined;
}

/** Where a page of a list ended: the next one begins after it. */
export interface Place {
  readonly updated_at: string;
  readonly id: string;
}

/** A stored breadcrumb without its vector. */
export type Row = Omit<BreadcrumbFull, 'embedding'> & {
  /** What was granted to the principal that asks; read only for what is private or secret. */
  readonly granted?: readonly string[] | null;
  /** The same of the one for whom that principal acts. */
  readonly asker_granted?: readonly string[] | null;
  /** For whom the record was last changed, when who changed it acted for somebody. */
  readonly asked_by?: string | null;
};
