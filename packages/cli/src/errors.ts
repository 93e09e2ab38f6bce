import type { AgentResponse } from '@cairn/protocol';

/** The command was given something that it cannot work with. `message` says what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The agent answered that its run failed. */
export class RunFailedError extends Error {
  override readonly name = 'RunFailedError';
  /** The answer that says so. */
  readonly response: AgentResponse;

  constructor(response: AgentResponse) {
    super(response.error?.message ?? (response.content || 'The run failed and gave no reason'));
    this.response = response;
  }
}
