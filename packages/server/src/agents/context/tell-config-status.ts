import {
  consumerTag,
  definitionTag,
  SCHEMAS,
  WELL_KNOWN,
  type BreadcrumbCreate,
  type BreadcrumbFull,
  type ContextConfigStatus,
} from '@cairn/protocol';
import { AppError, checksum } from '../../base/index.ts';
import type { Breadcrumbs } from '../../breadcrumbs/index.ts';
import type { Principal } from '../../http/index.ts';
import type { IdentityStore } from '../../identity/index.ts';
import type { DefinitionStore } from '../definition-store.ts';
import { agentPrincipal } from '../register-agents.ts';
import type { ContextStore } from './context-store.ts';
import { ofCurators } from './find-plan.ts';
import { readConfig } from './read-config.ts';

export interface ConfigStatusPorts {
  readonly breadcrumbs: Breadcrumbs;
  readonly identity: IdentityStore;
  readonly definitions: DefinitionStore;
  readonly contexts: ContextStore;
}

/**
 * Says on its one status record (`context.status.v1`) why a configuration does not count. Of one that always counted
 * nothing is said. May be repeated.
 */
export async function tellConfigStatus(
  owner_id: string,
  config_id: string,
  ports: ConfigStatusPorts,
): Promise<void> {
  const { breadcrumbs, identity } = ports;
  const writer = agentPrincipal(owner_id, WELL_KNOWN.context_builder);
  const curator: Principal = { ...writer, roles: ['curator'] };
  const record = await breadcrumbs.getFull(curator, config_id).catch(ignoreGone);
  const [known] = await breadcrumbs.listWithContext(writer, {
    all_tags: [definitionTag(config_id)],
    schema_name: SCHEMAS.context_status,
    limit: 1,
  });
  if (record?.schema_name !== SCHEMAS.context_config) {
    if (known) await breadcrumbs.remove(writer, known.id).catch(ignoreGone);
    return;
  }
  const status = await judge(owner_id, record, ports);
  if (known) {
    // The database keeps the fields in an order of its own.
    if (checksum(known.context) === checksum(status)) return;
    const { schema_name: _, ...patch } = toRecord(status);
    await breadcrumbs.update(writer, known.id, patch, known.version);
    return;
  }
  if (status.state === 'active') return;
  await identity.ensureAgent(writer);
  await breadcrumbs
    .create(writer, toRecord(status), `context-status:${config_id}:${record.version}`)
    .catch(ignoreMade);
}

async function judge(
  owner_id: string,
  record: BreadcrumbFull,
  { contexts: store, identity, definitions }: ConfigStatusPorts,
): Promise<ContextConfigStatus> {
  const { consumer_id } = (record.context ?? {}) as { consumer_id?: unknown };
  const name =
    typeof consumer_id === 'string' ? consumer_id.slice(0, 100).toWellFormed() : 'unknown';
  const head = { consumer_id: name, config_id: record.id, config_version: record.version };
  const read = readConfig(record.context);
  if ('reason' in read) return { ...head, state: 'invalid', reason: read.reason };
  const approved = await ofCurators({ identity, definitions, store }, owner_id, [record]);
  if (approved.has(record.id)) return { ...head, state: 'active', reason: null };
  const reason = 'its last change was made by somebody who is no curator; a curator activates it';
  return { ...head, state: 'proposed', reason };
}

function toRecord(context: ContextConfigStatus): BreadcrumbCreate {
  const { consumer_id, config_id, state } = context;
  return {
    title: `Context of ${consumer_id}: ${state}`.slice(0, 255),
    schema_name: SCHEMAS.context_status,
    tags: ['context:status', consumerTag(consumer_id), definitionTag(config_id)],
    context,
  };
}

function ignoreGone(error: unknown): null {
  if (error instanceof AppError && error.code === 'not_found') return null;
  throw error;
}

/** Another attempt made it. */
function ignoreMade(error: unknown): void {
  const is_known =
    error instanceof AppError &&
    (error.code === 'conflict' || error.code === 'idempotency_mismatch');
  if (!is_known) throw error;
}
