/** Where the hints of a view can come from. */
export interface HintSources {
  /** `llm_hints` of the record itself. */
  readonly own: unknown;
  /** The default of the record's schema, as its `schema.def.v1` record says. */
  readonly schema: unknown;
}

/**
 * The hints that apply to a record: its own before those of its schema, and those of its schema only for who asks for
 * them. An empty object is a record's way to be shown as it is.
 *
 * The defaults of a schema are not applied to every read because tools read the fields of a response
 * (`context.status`), which a default such as `{transform: {formatted: …}}` would replace. So they apply to
 * `view=llm` and where a prompt is built.
 */
export function chooseHints(
  { own, schema }: HintSources,
  asks_for_schema_defaults: boolean,
): unknown {
  if (own !== null && own !== undefined) return own;
  return asks_for_schema_defaults ? (schema ?? null) : null;
}
