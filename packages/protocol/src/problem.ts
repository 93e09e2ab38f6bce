import { Type, type Static } from 'typebox';
import { ERROR_CODES, type ErrorCode } from './error-codes.ts';

/** An error answer, `application/problem+json` (RFC 9457). `error` repeats `detail` for clients that read only that. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String(),
  error: Type.String(),
  request_id: Type.Optional(Type.String()),
  errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  /** With `version_mismatch`: the version that is stored now. */
  current_version: Type.Optional(Type.Integer()),
  /** Of routes about runs: `status` once more, and the path that was asked for, as clients of the original read them. */
  status_code: Type.Optional(Type.Integer()),
  path: Type.Optional(Type.String()),
});
export type Problem = Static<typeof Problem>;

/** Builds the body of an error answer. */
export function problem(code: ErrorCode, detail: string, extra: Partial<Problem> = {}): Problem {
  const { status, title } = ERROR_CODES[code];
  return { type: `urn:cairn:error:${code}`, title, status, detail, code, error: detail, ...extra };
}
