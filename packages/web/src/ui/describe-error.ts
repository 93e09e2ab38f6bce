import { CairnError } from '@cairn/sdk';

/** An error for people, and everything that helps whoever they ask for help. */
export interface ErrorText {
  readonly summary: string;
  readonly detail: string;
}

/** Turns whatever was thrown into text. The detail holds no headers and so no key. */
export function describeError(error: unknown): ErrorText {
  if (error instanceof CairnError) {
    const detail = {
      code: error.code,
      status: error.status,
      detail: error.detail,
      request_id: error.request_id,
      errors: error.problem?.errors,
    };
    return { summary: error.detail, detail: JSON.stringify(detail, null, 2) };
  }
  if (error instanceof Error)
    return { summary: error.message, detail: `${error.name}: ${error.message}` };
  return { summary: 'Something failed.', detail: String(error) };
}
