import type { BreadcrumbContext, BreadcrumbCreate, BreadcrumbFull } from '@cairn/protocol';
import type { TSchema } from 'typebox';
import type { Handle } from '../../db/index.ts';
import type { GuardedFetch } from '../../http/index.ts';
import type { SandboxResult } from '../sandbox/index.ts';

type OutboundRequest = Parameters<GuardedFetch>[1];
type OutboundResponse = Awaited<ReturnType<GuardedFetch>>;

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

/**
 * A tool that waits for time or for others, and holds no worker meanwhile. It is asked again and again, after any crash
 * too, until it answers: what it has to remember is in its request or in rows, never in memory.
 */
export interface DurableTool<Input = unknown, Output = unknown> extends Omit<
  BuiltinTool<Input, Output>,
  'execute'
> {
  /** @throws ToolInputError as `execute` */
  advance(input: Input, context: DurableContext): Promise<DurableStep<Output>>;
}

export type AnyBuiltin = BuiltinTool | DurableTool;

export type DurableStep<Output = unknown> =
  | { readonly type: 'answer'; readonly output: Output; readonly commit?: Commit }
  /** Fails it; `commit` is what is to be cleared away with that. */
  | { readonly type: 'refuse'; readonly error: string; readonly commit?: Commit }
  /** To be asked again after `for_ms`, or when its delivery is woken. */
  | { readonly type: 'wait'; readonly for_ms: number; readonly commit?: Commit };

type Commit = (tx: Handle) => Promise<void>;

export interface DurableContext extends ToolContext {
  readonly request: BreadcrumbFull;
  readonly delivery_id: string;
  readonly workflows: WorkflowPort;
}

/** A step of a workflow that was begun. */
export interface BegunStep {
  readonly step_id: string;
  readonly place: number;
  readonly state: 'running' | 'done' | 'failed';
  readonly output: unknown;
  readonly error: string | null;
  /** Milliseconds until nobody waits for it any more; below zero when that is past. */
  readonly left_ms: number;
}

export interface StepToBegin {
  readonly step_id: string;
  readonly place: number;
  readonly tool: string;
  readonly input: unknown;
  readonly timeout_ms: number;
}

/** Where a workflow keeps its steps. */
export interface WorkflowPort {
  begun(workflow_id: string): Promise<BegunStep[]>;
  /** Makes the requests of steps, in the name of whoever asked for the workflow. */
  begin(tx: Handle, steps: readonly StepToBegin[]): Promise<void>;
  clear(tx: Handle, workflow_id: string): Promise<void>;
  /** Why the one who asked may not use a tool in a step, or null. */
  whyNot(tool: string): Promise<string | null>;
  /** What stands behind an answer that was too long for its response. */
  readOutput(output: unknown): Promise<unknown>;
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
  /** Tells whoever watches how far it is; absent where nobody could hear it. */
  readonly progress?: (text: string) => void;
  readonly breadcrumbs: ToolBreadcrumbs;
  /** Sends a request to a host that the administrator allows. @throws ToolInputError, OutboundError */
  readonly fetch: ToolFetch;
  /** Runs code of the caller's in the sandbox, where it reaches nothing. */
  readonly evaluate: (source: string, input: unknown, timeout_ms: number) => Promise<SandboxResult>;
  readonly schedules: ToolSchedules;
}

export type ToolFetch = (
  url: string,
  request: Omit<OutboundRequest, 'signal'>,
) => Promise<OutboundResponse>;

/** The schedules of the caller. */
export interface ToolSchedules {
  /** @throws ToolInputError */
  create(wanted: ScheduleWanted): Promise<ScheduleItem>;
  list(): Promise<ScheduleItem[]>;
  /** Says whether there was such a schedule, still active. */
  cancel(id: string): Promise<boolean>;
}

export interface ScheduleWanted {
  readonly name: string;
  readonly kind: 'cron' | 'every' | 'at';
  /** A cron expression, seconds, or a time. */
  readonly spec: string;
  readonly timezone: string;
  readonly firings_max: number | null;
  readonly breadcrumb: BreadcrumbCreate;
}

export interface ScheduleItem {
  readonly id: string;
  readonly name: string;
  readonly kind: 'cron' | 'every' | 'at';
  readonly spec: string;
  readonly timezone: string;
  readonly state: 'active' | 'ended' | 'cancelled';
  readonly next_at: string | null;
  readonly last_at: string | null;
  readonly firings: number;
  readonly firings_max: number | null;
  readonly last_error: string | null;
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
