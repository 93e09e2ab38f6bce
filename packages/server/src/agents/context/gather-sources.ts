import {
  SCHEMAS,
  type BreadcrumbContext,
  type ContextPlan,
  type ContextSource,
} from '@cairn/protocol';
import { messageOf } from '../../base/index.ts';
import { DatabaseError } from '../../db/index.ts';
import { conversationBefore, conversationOf, textOf } from '../assemble-conversation.ts';
import type { Asked, AssemblePorts } from './contract.ts';
import { gatherSource, type Occasion } from './gather-source.ts';

/** The conversation comes before all that a configuration names. */
const CONVERSATION_PRIORITY = 1_001;

/** A source, and what it is called in the result. */
export interface NamedSource extends ContextSource {
  readonly name: string;
  readonly is_conversation: boolean;
}

/** A record that was found. */
export interface Found {
  readonly id: string;
  readonly record: BreadcrumbContext;
  readonly source: number;
  readonly is_turn: boolean;
}

/** By priority: what two sources find belongs to the first. */
export function sourcesOf(plan: ContextPlan): NamedSource[] {
  const named = plan.sources.map((source): NamedSource => {
    const is_conversation = source.conversation_scope === 'current';
    const name = source.key ?? source.schema_name ?? source.method ?? 'recent';
    return { ...source, name, is_conversation };
  });
  const has_own = plan.conversation === false || named.some((each) => each.is_conversation);
  const all = has_own ? named : [CONVERSATION, ...named];
  return all.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0));
}

const CONVERSATION: NamedSource = {
  name: 'conversation',
  is_conversation: true,
  priority: CONVERSATION_PRIORITY,
};

/** What all sources find, in the order of the sources. */
export async function gatherAll(
  ports: AssemblePorts,
  { reader, conversation_id, trigger }: Asked,
  sources: readonly NamedSource[],
): Promise<{ found: Found[]; failed_sources: { source: string; reason: string }[] }> {
  const words = textOf(trigger.context) ?? JSON.stringify(trigger.context) ?? '';
  const occasion: Occasion = { reader, conversation_id, words };
  const failed_sources: { source: string; reason: string }[] = [];
  const lists = await Promise.all(
    sources.map(async (source) => {
      try {
        if (source === CONVERSATION) return await ports.history({ reader, conversation_id });
        return await gatherSource(ports, source, occasion);
      } catch (error) {
        if (error instanceof DatabaseError && error.is_connection_lost) throw error;
        const reason = messageOf(error).slice(0, 300);
        failed_sources.push({ source: source.name, reason });
        ports.log.warn({ source: source.name, reason }, 'a source of a context cannot be read');
        return [];
      }
    }),
  );
  const found = lists.flatMap((list, source) => {
    const others = list.filter(({ id }) => id !== trigger.id);
    const turns = others.filter((each) => isTurn(each, conversation_id));
    // Newest first, as the others are: those that matter most.
    const before = conversationBefore(turns, trigger.id).toReversed();
    const rest = others.filter((each) => !turns.includes(each));
    return [
      ...before.map((record) => ({ id: record.id, record, source, is_turn: true })),
      ...rest.map((record) => ({ id: record.id, record, source, is_turn: false })),
    ];
  });
  return { found, failed_sources };
}

function isTurn({ id, schema_name, tags, context }: BreadcrumbContext, conversation_id: string) {
  const is_said = schema_name === SCHEMAS.user_message || schema_name === SCHEMAS.agent_response;
  return is_said && conversationOf(id, tags, context) === conversation_id;
}
