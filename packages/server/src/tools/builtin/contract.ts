import type {
  BreadcrumbContext,
  BreadcrumbCreate,
  BreadcrumbFull,
  ToolErrorClass,
} from '@cairn/protocol';
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
  /** Of a step that was not sent yet, since a person is to consent to it; null of any other. */
  readonly consent: StepConsent | null;
}

/** Where the consent to a step stands. */
export type StepConsent =
  | { readonly state: 'waiting'; readonly left_ms: number }
  /** With what was consented to. */
  | { readonly state: 'given'; readonly tool: string; readonly input: unknown }
  | { readonly state: 'refused'; readonly reason: string };

/** What a tool is to whoever wants it in a step. */
export type StepTool =
  | { readonly refusal: string }
  | {
      readonly refusal: null;
      /** How long a person may think about consent, in milliseconds; null when none is needed. */
      readonly consent_ms: number | null;
      /** How long it may take; null where it waits for something. */
      readonly limit_ms: number | null;
    };

export interface StepToBegin {
  readonly step_id: string;
  readonly place: number;
  readonly tool: string;
  readonly input: unknown;
  readonly timeout_ms: number;
  /** A person is asked first, and may think for so long. */
  readonly consent_ms: number | null;
}

/** What a workflow does about the consents that it waited for. */
export interface SettledSteps {
  /** Go out now. */
  readonly given: readonly Omit<StepToBegin, 'consent_ms'>[];
  readonly refused: readonly { readonly step_id: string; readonly reason: string }[];
}

/** Where a workflow keeps its steps. */
export interface WorkflowPort {
  begun(workflow_id: string): Promise<BegunStep[]>;
  /** Makes the requests of steps, in the name of whoever asked for the workflow. */
  begin(tx: Handle, steps: readonly StepToBegin[]): Promise<void>;
  settle(tx: Handle, steps: SettledSteps): Promise<void>;
  /** Forgets the steps, and what people were asked about them. */
  clear(tx: Handle): Promise<void>;
  /** Whether the one who asked may use a tool in a step, and how. */
  look(tool: string): Promise<StepTool>;
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

/** The caller's fault, unless its class says otherwise. The message is shown to the model, so that it can correct itself. */
export class ToolInputError extends Error {
  override readonly name = 'ToolInputError';
  readonly error_class: ToolErrorClass;

  constructor(message: string, error_class: ToolErrorClass = 'invalid_input') {
    super(message);
    this.error_class = error_class;
  }
}
