import type { AgentDefinition, BreadcrumbFull } from '@cairn/protocol';
import type { Principal } from '../http/index.ts';
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
  readonly state: 'running' | 'completed' | 'failed';
}

/** What the model said in one step, as it was recorded. */
export interface Step {
  readonly seq: number;
  readonly answer: ModelAnswer;
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
  readonly deadline_at: string;
}

/** Why a run ended without an answer: a class for programs, a sentence for people. */
export interface RunFailure {
  readonly error_class: string;
  readonly message: string;
}

/** A run with all that its next step needs. */
export interface Situation {
  readonly run: Run;
  readonly definition: AgentDefinition;
  readonly trigger: BreadcrumbFull;
  /** With whose rights the conversation is read. */
  readonly reader: Principal;
  readonly steps: readonly Step[];
  readonly calls: readonly ToolCallRecord[];
}
