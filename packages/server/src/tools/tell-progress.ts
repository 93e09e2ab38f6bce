import { conversationOfTags, type BreadcrumbFull, type ToolProgress } from '@cairn/protocol';
import { messageOf, type Log } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import { TOPICS } from '../events/index.ts';
import { namesOf } from './compose-response.ts';

/** Characters of one event: a message of the bus has room for them however they are encoded. */
const TEXT_CHARS = 800;

/**
 * Tells open streams what a tool prints as it runs. Streams carry it to the whole tenant, so of a request that is private
 * or secret nothing is told.
 */
export function progressTeller(
  request: BreadcrumbFull,
  { bus, log }: { bus: Bus; log: Log },
): (text: string) => void {
  if (request.visibility === 'private' || request.sensitivity === 'secret') return () => {};
  const { tool, request_id } = namesOf(request);
  const base = {
    type: 'tool.progress',
    owner_id: request.owner_id,
    conversation_id: conversationOfTags(request.tags) ?? '',
    trigger_id: request.id,
    request_id,
    agent_id: request.created_by ?? '',
    tool,
  } as const;
  // By these a stream that asked for a conversation, or for tools, finds it.
  const tags = request.tags
    .filter((tag) => /^(session|workspace|request|agent):/.test(tag))
    .slice(0, 10);
  return (text) => {
    const event: ToolProgress & { tags: string[] } = {
      ...base,
      text: text.slice(0, TEXT_CHARS).toWellFormed(),
      tags,
    };
    try {
      bus.publish(TOPICS.ephemeral, JSON.stringify(event)).catch(() => {});
    } catch (error) {
      // Too long for the bus, with such tags.
      log.debug({ request: request.id, reason: messageOf(error) }, 'progress was not told');
    }
  };
}
