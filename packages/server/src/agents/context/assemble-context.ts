import {
  SCHEMAS,
  type AgentContext,
  type BreadcrumbFull,
  type DropReason,
  type Sensitivity,
  type Visibility,
} from '@cairn/protocol';
import { messageOf } from '../../base/index.ts';
import { conversationBefore, isFailed } from '../assemble-conversation.ts';
import { chooseItems } from './choose-items.ts';
import type { Facts } from './context-store.ts';
import type { Asked, AssemblePorts } from './contract.ts';
import { tokenCounter } from './count-tokens.ts';
import { dropDuplicates } from './drop-duplicates.ts';
import type { Plan } from './find-plan.ts';
import { gatherAll, sourcesOf, type Found, type NamedSource } from './gather-sources.ts';
import { SEAM_TOKENS, toItem, type Item, type ItemSetting } from './make-item.ts';
import { FRAME } from './render-context.ts';
import { strictestOf } from './strictest.ts';

/** A context, and who may see it: those who may see everything in it. */
export interface Assembled {
  readonly context: AgentContext;
  readonly visibility: Visibility;
  readonly sensitivity: Sensitivity;
}

const MAX_TOKENS = 8_000;
const THRESHOLD = 0.95;
/** The part of the budget that one record may have at most; a longer one is shortened. */
const ITEM_PART = 4;
/** Records that are weighed and compared; with many sources each has its part of them. */
const WEIGHED_MAX = 400;
/** They hold contexts, or are about them. */
const NEVER: ReadonlySet<string | null> = new Set([
  SCHEMAS.agent_context,
  SCHEMAS.context_config,
  SCHEMAS.context_blacklist,
]);

/** Records that were found and are not shown. */
class Dropped {
  readonly #facts: ReadonlyMap<string, Facts>;
  readonly list: { id: string; reason: DropReason }[] = [];

  constructor(facts: ReadonlyMap<string, Facts>) {
    this.#facts = facts;
  }

  /** That there is a record which not everybody may see is for nobody to read who may see the context. */
  add(id: string, reason: DropReason): void {
    const facts = this.#facts.get(id);
    if (facts?.visibility === 'private' || facts?.sensitivity === 'secret') return;
    this.list.push({ id, reason });
  }
}

/** Gathers what a plan names and chooses what fits, for one message. A source or a record that fails is left out. */
export async function assembleContext(
  ports: AssemblePorts,
  asked: Asked,
  plan: Plan,
): Promise<Assembled> {
  const { owner_id, trigger } = asked;
  const { max_tokens = MAX_TOKENS, deduplication_threshold = THRESHOLD } = plan.formatting ?? {};
  const include_metadata = plan.formatting?.include_metadata ?? true;
  const counter = await tokenCounter(asked.model);
  const setting = { ports, counter, owner_id, include_metadata };
  const sources = sourcesOf(plan);
  const { found, failed_sources } = await gatherAll(ports, asked, sources);
  const ids = found.map(({ id }) => id);
  const facts = await ports.store.facts(owner_id, ids);
  const dropped = new Dropped(facts);

  const frame = await counter.count(FRAME);
  const message = { id: trigger.id, record: trigger, source: -1, is_turn: true };
  const place = { created_at: trigger.created_at, name: 'event_data' };
  const question = await toItem(setting, message, place, max_tokens - frame - SEAM_TOKENS);
  const allowed = allow(found, facts, plan, dropped);
  const weighed = firstOfEach(allowed, sources.length, dropped);
  const most = Math.floor(max_tokens / ITEM_PART);
  const items = await toItems(setting, weighed, { sources, facts, most, dropped });

  const distinct = dropDuplicates([question, ...items], deduplication_threshold);
  for (const { id } of distinct.dropped) dropped.add(id, 'similar');
  const candidates = distinct.kept.filter((each) => each !== question);
  const shares = sources.map(({ priority = 0, share = 1, is_conversation }) => {
    return { priority, share, is_contiguous: is_conversation };
  });
  const chosen = chooseItems(candidates, shares, max_tokens - frame - question.tokens);
  for (const { id } of chosen.dropped) dropped.add(id, 'budget');
  const shown = [...inOrder(chosen.kept, sources), question];
  const context: AgentContext = {
    consumer_id: asked.definition.agent_id,
    trigger_event_id: trigger.id,
    trigger_version: trigger.version,
    assembled_at: new Date(ports.clock.now()).toISOString(),
    token_estimate: shown.reduce((sum, { tokens }) => sum + tokens, frame),
    sources_assembled: new Set(chosen.kept.map(({ source }) => source)).size,
    breadcrumbs: shown.map(({ item }) => item),
    dropped: dropped.list,
    ...(failed_sources.length > 0 ? { failed_sources } : {}),
    ...(include_metadata ? {} : { include_metadata }),
    caused_by: causeOf(trigger),
  };
  const guards = chosen.kept.flatMap(({ id }) => facts.get(id) ?? []);
  return { context, ...strictestOf([trigger, ...guards]) };
}

/** What may be shown of what was found, each record once, in the first source that found it. */
function allow(
  found: readonly Found[],
  facts: ReadonlyMap<string, Facts>,
  plan: Plan,
  dropped: Dropped,
): Found[] {
  const first = new Map<string, Found>();
  for (const each of found) if (!first.has(each.id)) first.set(each.id, each);
  return [...first.values()].filter((each) => {
    const reason = whyLeftOut(each, facts, plan);
    if (reason) dropped.add(each.id, reason);
    return reason === null;
  });
}

/** The first of each source, as many as can be weighed soon; the others could hardly all be shown. */
function firstOfEach(found: readonly Found[], sources: number, dropped: Dropped): Found[] {
  const most = Math.floor(WEIGHED_MAX / Math.max(1, sources));
  const counts = new Map<number, number>();
  return found.filter(({ id, source }) => {
    const count = (counts.get(source) ?? 0) + 1;
    counts.set(source, count);
    if (count > most) dropped.add(id, 'budget');
    return count <= most;
  });
}

function whyLeftOut(
  { id, record, is_turn }: Found,
  facts: ReadonlyMap<string, Facts>,
  plan: Plan,
): DropReason | null {
  const { schema_name, tags } = record;
  if (NEVER.has(schema_name) || plan.excluded_schemas.has(schema_name ?? '')) return 'excluded';
  if (tags.some((tag) => plan.exclude?.tags?.includes(tag))) return 'excluded';
  if (!facts.has(id)) return 'gone';
  return is_turn && isFailed(record) ? 'failed' : null;
}

async function toItems(
  setting: ItemSetting,
  found: readonly Found[],
  about: {
    sources: readonly NamedSource[];
    facts: ReadonlyMap<string, Facts>;
    most: number;
    dropped: Dropped;
  },
): Promise<Item[]> {
  const items: Item[] = [];
  for (const each of found) {
    const name = about.sources[each.source]?.name ?? '';
    const created_at = about.facts.get(each.id)?.created_at ?? '';
    try {
      items.push(await toItem(setting, each, { created_at, name }, about.most));
    } catch (error) {
      const fields = { id: each.id, reason: messageOf(error) };
      setting.ports.log.warn(fields, 'a record was left out of a context');
      about.dropped.add(each.id, 'failed');
    }
  }
  return items;
}

/** Records by source, oldest first, then the conversation as it went. */
function inOrder(kept: readonly Item[], sources: readonly NamedSource[]): Item[] {
  const records = sources.flatMap((_, source) =>
    kept
      .filter((each) => each.source === source && !each.is_turn)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  );
  const turns = new Map(kept.filter(({ is_turn }) => is_turn).map((each) => [each.id, each]));
  const records_of_turns = [...turns.values()].map(({ record }) => record);
  const said = conversationBefore(records_of_turns, null);
  return [...records, ...said.flatMap(({ id }) => turns.get(id) ?? [])];
}

function causeOf({ context, updated_by }: BreadcrumbFull): NonNullable<AgentContext['caused_by']> {
  const { run_id } = (context ?? {}) as { run_id?: unknown };
  return { author: updated_by, run_id: typeof run_id === 'string' ? run_id : null };
}
