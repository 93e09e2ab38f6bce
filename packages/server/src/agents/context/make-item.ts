import { SCHEMAS, type ContextItem } from '@cairn/protocol';
import { whyNotStorable } from '../../base/index.ts';
import type { AssemblePorts } from './contract.ts';
import type { TokenCounter } from './count-tokens.ts';
import type { Found } from './gather-sources.ts';
import { renderItem, wordsOf } from './render-context.ts';
import { shortenContent } from './shorten-content.ts';

/** What each item costs besides its text: the seams, and what providers put around a message. */
export const SEAM_TOKENS = 4;
/** Levels of nesting that an item stands in. */
const ITEM_DEPTH = 4;

/** A record as it will be shown, and what compares and weighs it. */
export interface Item extends Found {
  readonly item: ContextItem;
  readonly text: string;
  readonly tokens: number;
  readonly is_kept_if_similar: boolean;
}

/** What is the same for all items of a context. */
export interface ItemSetting {
  readonly ports: Pick<AssemblePorts, 'breadcrumbs' | 'log'>;
  readonly counter: TokenCounter;
  readonly owner_id: string;
  readonly include_metadata: boolean;
}

/** Shows a record through its hints, shortened to `most` tokens. */
export async function toItem(
  { ports, counter, owner_id, include_metadata }: ItemSetting,
  found: Found,
  { created_at, name }: { created_at: string; name: string },
  most: number,
): Promise<Item> {
  const { id, schema_name } = found.record;
  const { context: viewed } = await ports.breadcrumbs.showToModel(owner_id, found.record);
  const role: ContextItem['role'] = schema_name === SCHEMAS.agent_response ? 'assistant' : 'user';
  const head = {
    id,
    schema_name,
    created_at,
    source: name,
    ...(found.is_turn ? { role } : {}),
  };
  const cost = async (content: unknown) =>
    (await counter.count(renderItem({ ...head, content }, include_metadata))) + SEAM_TOKENS;
  // Of what was said a model is shown the words.
  const shown = found.is_turn ? wordsOf(viewed) : viewed;
  const is_too_deep = whyNotStorable(shown, '', ITEM_DEPTH) !== null;
  const whole = is_too_deep ? JSON.stringify(shown) : shown;
  const { content, tokens } = await shortenContent(whole, most, cost);
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const item: ContextItem = { ...head, content };
  return { ...found, item, text, tokens, is_kept_if_similar: found.is_turn };
}
