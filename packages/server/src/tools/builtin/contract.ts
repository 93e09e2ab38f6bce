import type { BreadcrumbContext, BreadcrumbCreate } from '@cairn/protocol';
import type { TSchema } from 'typebox';

/**
 * A tool that ships with the server and runs in its process.
 * A new one is one file beside this one, one line in `registry.ts` and one test that calls `tool.conformance.ts`.
 */
export interface BuiltinTool<Input = unknown, Output = unknown> {
  /** What a model calls it by: `[A-Za-z0-9_-]{1,64}`. */
  readonly name: string;
  /** Written for a model: what the tool does, when to use it, and an example. */
  readonly description: string;
  /** An object schema without unknown fields; every property has a description. */
  readonly input_schema: TSchema;
  readonly output_schema: TSchema;
  /**
   * Does the work. `input` has passed `input_schema`; the answer must fit `output_schema`.
   * @throws ToolInputError when the caller can do better; any other error counts as a fault of ours.
   */
  execute(input: Input, context: ToolContext): Promise<Output>;
}

/** What a tool may touch, besides its input. */
export interface ToolContext {
  readonly owner_id: string;
  /** The agent that asked. */
  readonly agent_id: string;
  readonly conversation_id: string | null;
  /** `now()` is in milliseconds since 1970. */
  readonly clock: { now(): number };
  /** At least 0 and below 1; from a cryptographic generator in production. */
  readonly random: () => number;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  readonly breadcrumbs: ToolBreadcrumbs;
}

/** The record store, limited to the rights of the caller. */
export interface ToolBreadcrumbs {
  create(body: BreadcrumbCreate): Promise<{ id: string; version: number }>;
  /** Newest first. A field that is absent does not limit; `text` finds words in title and context. */
  list(query: BreadcrumbQuery): Promise<BreadcrumbContext[]>;
}

export interface BreadcrumbQuery {
  any_tags?: string[];
  all_tags?: string[];
  schema_name?: string;
  text?: string;
  limit: number;
}

/** The caller's fault. The message is shown to the model, so that it can correct itself. */
export class ToolInputError extends Error {
  override readonly name = 'ToolInputError';
}
