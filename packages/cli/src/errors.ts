import type { AgentResponse } from '@cairn/protocol';

/** The command was given something that it cannot work with. `message` says what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Whether the settings do not fit. The server is loaded by few commands, so its class is known by its name only. */
export function isConfigError(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConfigError';
}

/** Whether a service that a setting names cannot be used; known by its name for the same reason. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof Error && error.name === 'UnreachableError';
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
