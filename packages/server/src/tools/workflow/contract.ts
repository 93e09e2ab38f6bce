import type { BreadcrumbFull } from '@cairn/protocol';
import type { Handle } from '../../db/index.ts';
import type { StepConsent } from '../builtin/index.ts';

export type { StepConsent } from '../builtin/index.ts';

/** A step that a person is to consent to. */
export interface StepToConsent {
  readonly request_id: string;
  readonly step_id: string;
  readonly tool: string;
  readonly input: unknown;
}

/** A workflow as it runs: the request that asked for it, and the delivery that goes on with it. */
export interface RunningWorkflow {
  readonly request: BreadcrumbFull;
  readonly delivery_id: string;
}

/** A workflow of which no more is known than whose consents they are; its request may be gone. */
export interface AskingWorkflow {
  readonly request: Pick<BreadcrumbFull, 'id'>;
  readonly delivery_id: string;
}

/** How workflows ask people whether a tool may be used. Agents have it; it is handed in. */
export interface WorkflowConsents {
  /** Milliseconds that a person has to decide; null where nobody can be asked, since no agent's run wants the workflow. */
  patienceFor(workflow: BreadcrumbFull): Promise<number | null>;
  ask(tx: Handle, workflow: RunningWorkflow, steps: readonly StepToConsent[]): Promise<void>;
  /** Where consents of a delivery stand that were not acted on yet, by the requests of their steps. */
  of(delivery_id: string): Promise<ReadonlyMap<string, StepConsent>>;
  /** Notes that decisions were acted on: by request, the record that was sent for it, or null when none was. */
  settle(
    tx: Handle,
    workflow: RunningWorkflow,
    sent: ReadonlyMap<string, string | null>,
  ): Promise<void>;
  /** Whether a person consented to this request of an agent, and it is the record that was sent for that. */
  isConsented(request: BreadcrumbFull): Promise<boolean>;
  /** Ends what a workflow asked and needs no more. */
  withdraw(tx: Handle, workflow: AskingWorkflow): Promise<void>;
  /**
   * The version of an agent's definition that a curator stands for, as the log told of it; `none` while there is none;
   * null of whoever never was an agent.
   */
  standing(owner_id: string, agent_id: string): Promise<number | 'none' | null>;
}
