import {
  compileSelector,
  requestTag,
  SCHEMAS,
  TAGS,
  WELL_KNOWN,
  type ToolResponse,
} from '@cairn/protocol';
import { AppError, newId, type Clock } from '../../base/index.ts';
import type { Breadcrumbs } from '../../breadcrumbs/index.ts';
import type { LoggedEvent } from '../../events/index.ts';
import type { Principal } from '../../http/index.ts';
import type { EventWaits } from './wait-for-event.ts';

/** For the request to be found and the answer to be heard, besides what the tool takes. */
const QUEUE_MS = 10_000;

export interface CallPorts {
  readonly breadcrumbs: Breadcrumbs;
  readonly waits: EventWaits;
  readonly clock: Clock;
  readonly timeout_ms: number;
  /** Whether a person, or a program, with the role of curator; agents by definition never are. */
  isCurator(owner_id: string, agent_id: string): Promise<boolean>;
}

/**
 * Runs a tool as everybody else does: by a `tool.request.v1` of the principal's, which a tools runner answers. Everything
 * that holds for tools (rights, limits, records, metrics) holds for this call. An answer counts from the tools runner, the
 * responder that the tool's definition names, or a curator; whatever else has the request's tag is passed over.
 * @throws AppError unavailable when no answer comes in time
 */
export async function callThroughRunner(
  ports: CallPorts,
  call: {
    readonly principal: Principal;
    readonly tool: string;
    readonly responder: string | null;
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
  const ask = async () => {
    await ports.breadcrumbs.create(principal, {
      title: `${tool} over MCP`,
      schema_name: SCHEMAS.tool_request,
      tags: [TAGS.tool_request, TAGS.tools_workspace],
      context: { tool, input, requestId: request_id, requestedBy: principal.agent_id },
    });
  };
  const until = ports.clock.now() + ports.timeout_ms + QUEUE_MS;
  let after: number | null = null;
  for (;;) {
    const timeout_ms = Math.max(0, until - ports.clock.now());
    const wanted = { selector, after, timeout_ms, signal };
    const once = after === null ? ask : undefined;
    const { event } = await ports.waits.next(principal, wanted, once);
    if (!event) break;
    // As it was written: whoever may change the record may do so before it is read.
    if (await mayAnswer(event, call, ports))
      return (await contextOf(event, call, ports)) as ToolResponse;
    after = event.seq;
  }
  throw new AppError(
    'unavailable',
    `the tool ${tool} has not answered in time; its answer, when it comes, has the tag ${requestTag(request_id)}`,
  );
}

async function mayAnswer(
  { kind, owner_id, updated_by }: LoggedEvent,
  { responder }: { responder: string | null },
  { isCurator }: CallPorts,
): Promise<boolean> {
  if (kind !== 'created' || !updated_by) return false;
  if (updated_by === WELL_KNOWN.tools_runner || updated_by === responder) return true;
  return isCurator(owner_id, updated_by);
}

async function contextOf(
  { sensitivity, context, breadcrumb_id }: LoggedEvent,
  { principal }: { principal: Principal },
  { breadcrumbs }: CallPorts,
): Promise<unknown> {
  if (sensitivity !== 'secret') return context;
  return (await breadcrumbs.get(principal, breadcrumb_id)).context;
}
