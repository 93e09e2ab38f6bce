/** Limits of the wire. Everything that a client can make larger has one. */
export const LIMITS = {
  /** Bytes of a request body. */
  body_bytes: 1_048_576,
  /** Levels of nesting in any JSON that is stored. */
  json_depth: 64,
  title_chars: 255,
  schema_name_chars: 100,
  description_chars: 10_000,
  semantic_version_chars: 50,
  tag_chars: 255,
  tags: 100,
  /** Rows of one list page. */
  page_rows: 500,
  page_rows_default: 50,
  /** Rows that a list passes over at most; a cursor reaches further. */
  page_offset: 10_000,
  selector_tags: 100,
  selector_rules: 20,
  selector_path_chars: 256,
  idempotency_key_chars: 255,
  token_ttl_s: 86_400,
  /** Largest value of a PostgreSQL integer: versions stay below it. */
  integer: 2_147_483_647,
} as const;
