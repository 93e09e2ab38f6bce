import { conversationOfTags, type BreadcrumbFull, type ToolProgress } from '@cairn/protocol';
import { messageOf, type Log } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import { TOPICS, type EphemeralFor } from '../events/index.ts';
import type { Principal } from '../http/index.ts';
import { namesOf } from './compose-response.ts';

/** Characters of one event: a message of the bus has room for them however they are encoded. */
const TEXT_CHARS = 800;

/**
 * Tells open streams what a tool prints as it runs. Streams carry it to the whole tenant; of a request that is private or
 * secret, or has personal data, to the one who asked.
 */
export function progressTeller(
  request: BreadcrumbFull,
  { asked_by, agent_id }: Principal,
  { bus, log }: { bus: Bus; log: Log },
): (text: string) => void {
  const is_guarded = request.visibility === 'private' || request.sensitivity !== 'low';
  const only = asked_by?.agent_id ?? agent_id;
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
      const message: EphemeralFor = { agent_id: only, event };
      const told = is_guarded
        ? bus.publish(TOPICS.ephemeral_for, JSON.stringify(message))
        : bus.publish(TOPICS.ephemeral, JSON.stringify(event));
      told.catch(() => {});
    } catch (error) {
      // Too long for the bus, with such tags.
      log.debug({ request: request.id, reason: messageOf(error) }, 'progress was not told');
    }
  };
}
