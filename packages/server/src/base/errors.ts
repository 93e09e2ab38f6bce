import { ERROR_CODES, type ErrorCode, type Problem } from '@cairn/protocol';

/**
 * A fault that the caller may be told of: it becomes a problem answer with this code, status and message.
 * Every other error that reaches the edge becomes `internal_error` and only the log sees what it was.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  /** More fields of the problem answer, such as `current_version`. */
  readonly extra: Partial<Problem>;

  /** `message` says what was expected, what came, and what to do; never a secret, SQL or a stack. */
  constructor(code: ErrorCode, message: string, extra: Partial<Problem> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.extra = extra;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/** The message of anything that was thrown, errors or not. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  try {
    return String(thrown);
  } catch {
    // An object without a prototype has no text.
    return 'something without a message was thrown';
  }
}
