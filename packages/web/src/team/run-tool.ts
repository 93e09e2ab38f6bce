import { SCHEMAS, WELL_KNOWN, type BreadcrumbEvent } from '@cairn/protocol';
import { useState } from 'react';
import { textOf } from '../live/read-context.ts';
import { useEvents } from '../live/use-events.ts';
import { useSession } from '../session/session.ts';
import { newId } from '../ui/new-id.ts';

/** What became of a call that was made by hand. */
export type ToolCallState =
  | { readonly phase: 'idle' }
  | { readonly phase: 'waiting'; readonly request_id: string; readonly began: number }
  | { readonly phase: 'answered'; readonly response_id: string; readonly context: unknown }
  | { readonly phase: 'failed'; readonly error: unknown };

/** Calls a tool as agents do, with a `tool.request.v1`, and shows the `tool.response.v1` that answers it. */
export function useRunTool(tool: string) {
  const { client } = useSession();
  const [state, setState] = useState<ToolCallState>({ phase: 'idle' });

  async function take(event: BreadcrumbEvent): Promise<void> {
    const response_id = event.breadcrumb_id;
    try {
      // The context of a large answer does not travel in its event.
      const context = event.context ?? (await client.getBreadcrumb(response_id)).context;
      setState({ phase: 'answered', response_id, context });
    } catch (error) {
      setState({ phase: 'failed', error });
    }
  }

  useEvents((events) => {
    if (state.phase !== 'waiting') return;
    const answer = events.find((event) => answers(event, state.request_id));
    if (answer !== undefined) void take(answer);
  });

  async function run(input: unknown): Promise<void> {
    const request_id = newId();
    setState({ phase: 'waiting', request_id, began: Date.now() });
    try {
      await client.createBreadcrumb({
        title: `${tool}, by hand`,
        schema_name: SCHEMAS.tool_request,
        tags: ['tool:request', 'workspace:tools'],
        context: { tool, input, requestId: request_id },
      });
    } catch (error) {
      setState({ phase: 'failed', error });
    }
  }

  return { state, run };
}

/** The tools runner answers what is asked by hand; whoever else writes such a record answers nothing. */
function answers(event: BreadcrumbEvent, request_id: string): boolean {
  return (
    event.updated_by === WELL_KNOWN.tools_runner &&
    event.schema_name === SCHEMAS.tool_response &&
    (event.tags.includes(`request:${request_id}`) ||
      textOf(event.context, 'request_id') === request_id)
  );
}
