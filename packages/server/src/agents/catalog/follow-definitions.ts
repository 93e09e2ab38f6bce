import { MCP_SCHEMAS, SCHEMAS, TOOL_SCHEMAS } from '@cairn/protocol';
import type { Dispatcher, LoggedEvent } from '../../events/index.ts';
import type { DeliveryStore } from '../../queue/index.ts';
import type { CatalogKind } from './write-catalogs.ts';

/** Changes that come shortly after one another are taken up together. */
const GATHER_MS = 300;

/** A catalogue is to be brought up to date. */
export interface CatalogChore {
  readonly kind: 'catalog';
  readonly catalog: CatalogKind;
}

/** What a catalogue tells of. The records of tools say afterwards whether they count. */
const TOLD_OF: readonly { schema_name: string; catalog: CatalogKind }[] = [
  { schema_name: SCHEMAS.agent_definition, catalog: 'agents' },
  { schema_name: SCHEMAS.tool_definition, catalog: 'tools' },
  { schema_name: SCHEMAS.tool_code, catalog: 'tools' },
  { schema_name: TOOL_SCHEMAS.tool_status, catalog: 'tools' },
  { schema_name: MCP_SCHEMAS.tools, catalog: 'tools' },
];

/** Has catalogues written when the log tells of a change to what they list. */
export function followDefinitions(
  dispatcher: Dispatcher,
  { deliveries, queue }: { deliveries: DeliveryStore; queue: string },
): void {
  for (const { schema_name, catalog } of TOLD_OF)
    dispatcher.project({ schema_name }, async (tx, event) => {
      await deliveries.enqueue([{ ...toChore(event, catalog), queue }], tx);
      return [queue];
    });
}

/** One for each change: the first writes for all that came with it, and the others find nothing to do. */
function toChore({ owner_id, breadcrumb_id, version, kind }: LoggedEvent, catalog: CatalogKind) {
  const payload: CatalogChore = { kind: 'catalog', catalog };
  return {
    owner_id,
    payload,
    max_attempts: 10,
    delay_ms: GATHER_MS,
    dedupe_key: `catalog:${breadcrumb_id}:${version}:${kind}`,
    group_key: `catalog:${catalog}:${owner_id}`,
  };
}
