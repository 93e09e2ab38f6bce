import type { AgentDefinition, AgentLimits, BreadcrumbFull, StopClass } from '@cairn/protocol';
import type { Asker, Principal } from '../http/index.ts';
import type { Prepared } from './context/read-prepared.ts';
import type { ModelAnswer } from './models/index.ts';

/** One time that an agent takes up a message. */
export interface Run {
  readonly id: string;
  readonly owner_id: string;
  readonly agent_id: string;
  readonly delivery_id: string;
  readonly trigger_id: string;
  readonly trigger_version: number;
  readonly conversation_id: string;
  readonly state: 'running' | 'completed' | 'failed' | 'stopped';
  /** The run that began this one, and the one at the root of them all: this one itself when nothing began it. */
  readonly parent_run_id: string | null;
  readonly root_run_id: string;
  readonly depth: number;
  /** The tool call of the parent that this run answers. */
  readonly request_id: string | null;
  /** Whom it works for: who asked at the root of it all; null when that is nobody but the agent itself. */
  readonly asker?: Asker | null;
}

/** What is known of the cause of a run; the run that began it is found by it. */
export interface RunOrigin {
  /** The run that began this one on purpose: it asked, or handed over. */
  readonly parent_run_id?: string;
  readonly request_id?: string;
  /** What the run is told by the one that began it. */
  readonly note?: string;
  /** Who wrote the trigger, when, and which run and tool request it names. */
  readonly author: string | null;
  readonly at: string;
  readonly run_id: string | null;
  readonly tool_request_id: string | null;
}

export interface NewRun extends Pick<
  Run,
  'owner_id' | 'agent_id' | 'delivery_id' | 'trigger_id' | 'trigger_version' | 'conversation_id'
> {
  readonly origin: RunOrigin;
}

/** What was spent, as far as providers told. */
export interface Spent {
  readonly model_calls: number;
  readonly tool_calls: number;
  readonly tokens: number;
  readonly cost_usd: number;
}

/** A run, and what decides whether it may go on. */
export interface RunState {
  readonly run: Run;
  readonly own: Spent;
  /** Of all runs with the same root. */
  readonly tree: Spent;
  /** Since the run began, without the time that it waited for consent. */
  readonly elapsed_ms: number;
  /** Pieces of text told so far. */
  readonly deltas: number;
  /** Somebody asked for its end. */
  readonly stop: 'interrupted' | 'stopped' | null;
  readonly root_agent_id: string;
  /** The class under which the run that began it ended, if it has. */
  readonly parent_error_class: string | null;
  /** The version of the definition that is known to count; null when none is. */
  readonly active_version: number | null;
}

/** What the model said in one step, as it was recorded. */
export interface Step {
  readonly seq: number;
  readonly answer: ModelAnswer;
  readonly cost_usd?: number | null;
}

/** Something that a run was told besides its messages, and what it is about. */
export interface Note {
  /** The step that it stands behind; -1 is before the first. */
  readonly after_seq: number;
  readonly kind: 'handed_over' | 'repetition' | 'misfit';
  readonly text: string;
}

/** A tool that a step asked for. */
export interface ToolCallRecord {
  readonly request_id: string;
  readonly step_seq: number;
  readonly place: number;
  /** The model's own name for the call. */
  readonly call_id: string;
  readonly tool: string;
  readonly request_breadcrumb_id: string | null;
  readonly response_breadcrumb_id: string | null;
  readonly output: unknown;
  /** Null until there is an answer. */
  readonly is_error: boolean | null;
}

/** Why a run ended without an answer: a class for programs, a sentence for people. */
export interface RunFailure {
  readonly error_class: string;
  readonly message: string;
}

/** Why a run is ended before it is done. */
export interface RunStop extends RunFailure {
  readonly error_class: StopClass;
}

/** How a run ends. */
export type RunEnd =
  | { readonly state: 'completed'; readonly answer: ModelAnswer; readonly data?: unknown }
  /** Its trigger is answered by another agent. */
  | { readonly state: 'handed_over'; readonly to: string }
  | {
      readonly state: 'failed';
      readonly failure: RunFailure;
      readonly answer: ModelAnswer | null;
    }
  /** `text` is what was written in a step that could not be recorded as one. */
  | { readonly state: 'stopped'; readonly failure: RunStop; readonly text?: string };

/** Limits with their defaults; null is none. */
export interface Limits {
  readonly model_calls: number;
  readonly tool_calls: number;
  readonly tokens: number | null;
  readonly cost_usd: number | null;
  readonly wall_time_s: number;
  readonly depth: number;
  readonly tree: {
    readonly model_calls: number;
    readonly tool_calls: number;
    readonly tokens: number | null;
    readonly cost_usd: number | null;
  };
  readonly day: NonNullable<AgentLimits['day']> | null;
}

/** A run with all that its next step needs. */
export interface Situation {
  readonly run: Run;
  readonly definition: AgentDefinition;
  /** The version of the definition; null when there is none. */
  readonly definition_version: number | null;
  readonly trigger: BreadcrumbFull;
  /** With whose rights the conversation is read. */
  readonly reader: Principal;
  readonly steps: readonly Step[];
  readonly calls: readonly ToolCallRecord[];
  readonly notes: readonly Note[];
  /** The context that triggered the run, when one did: `trigger` is then the message that it was gathered for. */
  readonly prepared?: Prepared | null;
}
