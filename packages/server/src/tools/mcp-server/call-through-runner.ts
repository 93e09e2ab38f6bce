import { compileSelector, requestTag, SCHEMAS, TAGS, type ToolResponse } from '@cairn/protocol';
import { AppError, newId } from '../../base/index.ts';
import type { Breadcrumbs } from '../../breadcrumbs/index.ts';
import type { Principal } from '../../http/index.ts';
import type { EventWaits } from './wait-for-event.ts';

/** For the request to be found and the answer to be heard, besides what the tool takes. */
const QUEUE_MS = 10_000;

/**
 * Runs a tool as everybody else does: by a `tool.request.v1` of the principal's, which a tools runner answers. Everything
 * that holds for tools (rights, limits, records, metrics) holds for this call.
 * @throws AppError unavailable when no answer comes in time
 */
export async function callThroughRunner(
  ports: {
    readonly breadcrumbs: Breadcrumbs;
    readonly waits: EventWaits;
    readonly timeout_ms: number;
  },
  call: {
    readonly principal: Principal;
    readonly tool: string;
    readonly input: unknown;
    readonly signal: AbortSignal;
  },
): Promise<ToolResponse> {
  const { principal, tool, input, signal } = call;
  const request_id = newId();
  const selector = compileSelector({
    schema_name: SCHEMAS.tool_response,
    all_tags: [requestTag(request_id)],
  });
  const wanted = { selector, after: null, timeout_ms: ports.timeout_ms + QUEUE_MS, signal };
  const { event } = await ports.waits.next(principal, wanted, async () => {
    await ports.breadcrumbs.create(principal, {
      title: `${tool} over MCP`,
      schema_name: SCHEMAS.tool_request,
      tags: [TAGS.tool_request, TAGS.tools_workspace],
      context: { tool, input, requestId: request_id, requestedBy: principal.agent_id },
    });
  });
  if (!event) {
    throw new AppError(
      'unavailable',
      `the tool ${tool} has not answered in time; its answer, when it comes, has the tag ${requestTag(request_id)}`,
    );
  }
  return (await ports.breadcrumbs.get(principal, event.breadcrumb_id)).context as ToolResponse;
}
