import { AppError } from '../../base/index.ts';

/** The body of an error as clients of the OpenAI wire read it. */
export interface ChatErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly code: string;
    readonly param: string | null;
  };
}

/** A fault of a chat request. `code` is for programs, the message for people. */
export class ChatError extends Error {
  override readonly name = 'ChatError';
  readonly status: number;
  readonly code: string;
  readonly param: string | null;
  /** The message was taken down: to send it again would have it answered twice. */
  readonly is_final: boolean;

  constructor(
    status: number,
    code: string,
    message: string,
    { param = null, is_final = false }: { param?: string | null; is_final?: boolean } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
    this.is_final = is_final;
  }
}

/** Why an agent did not answer, as a fault of the request: by the class of its error. */
export function toChatError(error: { class: string; message: string }): ChatError {
  const status = STATUS_OF_CLASS[error.class] ?? 502;
  return new ChatError(status, error.class, error.message, { is_final: true });
}

const STATUS_OF_CLASS: Readonly<Record<string, number>> = {
  rate_limit: 429,
  quota: 429,
  timeout: 504,
  unavailable: 503,
  busy: 409,
  internal: 500,
};

/** What was thrown, in the shape of the OpenAI wire; null for what is nobody's to know. */
export function describeFault(
  thrown: unknown,
): { status: number; is_final: boolean; body: ChatErrorBody } | null {
  if (thrown instanceof ChatError) {
    const { status, code, message, param, is_final } = thrown;
    return { status, is_final, body: bodyOf(status, code, message, param) };
  }
  if (thrown instanceof AppError) {
    const { status, code, message, extra } = thrown;
    const param = extra.errors?.[0]?.path ?? null;
    const name = code === 'unauthenticated' ? 'invalid_api_key' : code;
    return { status, is_final: false, body: bodyOf(status, name, message, param) };
  }
  const { statusCode: status, validation } = thrown as {
    statusCode?: number;
    validation?: readonly { path?: string; sentence?: string }[];
  };
  const message = (thrown as Error).message;
  if (validation) {
    const { path = null, sentence = message } = validation[0] ?? {};
    return { status: 400, is_final: false, body: bodyOf(400, 'invalid_request', sentence, path) };
  }
  if (status === undefined || status < 400 || status >= 500) return null;
  return { status, is_final: false, body: bodyOf(status, 'invalid_request', message, null) };
}

/** What a client is told of a fault of ours. */
export const INTERNAL_FAULT: ChatErrorBody = bodyOf(
  500,
  'internal_error',
  'something failed on our side; the log has the details',
  null,
);

function bodyOf(
  status: number,
  code: string,
  message: string,
  param: string | null,
): ChatErrorBody {
  return { error: { message, type: typeOf(status), code, param } };
}

function typeOf(status: number): string {
  if (status >= 500) return 'server_error';
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  return status === 429 ? 'rate_limit_error' : 'invalid_request_error';
}
