import {
  requestTag,
  SCHEMAS,
  TAGS,
  TOOL_OUTPUT_INLINE_BYTES,
  TOOL_SCHEMAS,
  type BreadcrumbCreate,
  type BreadcrumbFull,
  type ToolErrorClass,
  type ToolOutputReference,
  type ToolResponse,
  type ToolResult,
} from '@cairn/protocol';

const PREVIEW_CHARS = 1_000;

/** What running a tool came to. `implementation` is what ran, by a name of ours. */
export type RunResult = (
  | { status: 'success'; output: unknown }
  | { status: 'error'; error: string; error_class: ToolErrorClass }
) & { implementation?: string };

/** The record for an answer that is too long for its response; null for one that is not. */
export function composeLongResult(
  request: BreadcrumbFull,
  result: RunResult,
): BreadcrumbCreate | null {
  if (result.status === 'error') return null;
  if (Buffer.byteLength(JSON.stringify(result.output)) <= TOOL_OUTPUT_INLINE_BYTES) return null;
  const { tool, request_id } = namesOf(request);
  const context: ToolResult = { request_id, tool, output: result.output };
  return {
    title: `${tool}: result`,
    schema_name: TOOL_SCHEMAS.tool_result,
    tags: ['tool:result', TAGS.tools_workspace, requestTag(request_id), ...sessionOf(request)],
    context,
    visibility: request.visibility,
    sensitivity: request.sensitivity,
  };
}

/** What stands in the response for the answer that the record `ref` has. */
export function toReference(ref: string, output: unknown): ToolOutputReference {
  const json = JSON.stringify(output);
  return {
    ref,
    size_bytes: Buffer.byteLength(json),
    preview: json.slice(0, PREVIEW_CHARS).toWellFormed(),
  };
}

/** The `tool.response.v1` of a request. */
export function composeResponse(
  request: BreadcrumbFull,
  result: RunResult,
  times: { now: number; took_ms: number },
): BreadcrumbCreate {
  const { tool, request_id } = namesOf(request);
  const context: ToolResponse = {
    request_id,
    tool,
    status: result.status,
    output: result.status === 'success' ? result.output : null,
    error: result.status === 'error' ? result.error : null,
    error_class: result.status === 'error' ? result.error_class : null,
    execution_time_ms: times.took_ms,
    timestamp: new Date(times.now).toISOString(),
    caused_by: { tool_request_id: request.id },
  };
  return {
    title: `${tool}: ${result.status}`,
    schema_name: SCHEMAS.tool_response,
    tags: [TAGS.tool_response, TAGS.tools_workspace, requestTag(request_id), ...sessionOf(request)],
    context,
    visibility: request.visibility,
    sensitivity: request.sensitivity,
  };
}

/** The names to answer under, also of a request that is not well formed: whoever waits must find the answer. */
export function namesOf({ id, context }: BreadcrumbFull): { tool: string; request_id: string } {
  const { tool, requestId, request_id } = (
    typeof context === 'object' && context !== null ? context : {}
  ) as Record<string, unknown>;
  const given = [requestId, request_id].find(
    (each) => typeof each === 'string' && each !== '' && each.length <= 200,
  );
  return {
    // A cut may go through a character.
    tool: typeof tool === 'string' ? tool.slice(0, 200).toWellFormed() : 'unknown',
    request_id: (given as string | undefined) ?? id,
  };
}

function sessionOf({ tags }: BreadcrumbFull): string[] {
  return tags.filter((tag) => tag.startsWith('session:'));
}
