import {
  definitionTag,
  SCHEMAS,
  TOOL_SCHEMAS,
  type BreadcrumbContext,
  type BreadcrumbCreate,
  type ToolDefinitionStatus,
} from '@cairn/protocol';
import { AppError, checksum } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Principal } from '../http/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import type { DefinitionRow, DefinitionStore } from './definition-store.ts';
import { toolTag, type DefinitionState, type ToolDefinitions } from './find-definition.ts';
import type { Sandbox } from './sandbox/index.ts';

/** The time that a source may take to load, without being run. */
const LOAD_MS = 2_000;

/** A definition to be looked at, as a delivery. */
export interface CheckPayload {
  readonly definition_id: string;
}

export interface CheckPorts {
  readonly store: DefinitionStore;
  readonly definitions: ToolDefinitions;
  readonly breadcrumbs: Breadcrumbs;
  readonly identity: IdentityStore;
  readonly sandbox: Sandbox;
}

/**
 * Looks at a definition: loads its code, without running it, and says on its one status record (`tool.status.v1`) whether
 * it counts, and why not. May be repeated.
 */
export async function checkDefinition(
  { definition_id }: CheckPayload,
  runner: Principal,
  signal: AbortSignal,
  ports: CheckPorts,
): Promise<void> {
  const reader: Principal = { ...runner, roles: ['curator'] };
  let found = await ports.definitions.stateOf(reader, definition_id);
  if (!found) return removeStatus(definition_id, runner, ports.breadcrumbs);
  // What can never count need not be tried out; a proposal is, so that its curator knows.
  if (found.row.schema_name === SCHEMAS.tool_code) {
    await tryOut(found.row, signal, ports);
    found = (await ports.definitions.stateOf(reader, definition_id)) ?? found;
  }
  await ports.identity.ensureAgent(runner);
  await writeStatus(found, runner, ports.breadcrumbs);
}

async function tryOut(
  row: DefinitionRow,
  signal: AbortSignal,
  { sandbox, store }: CheckPorts,
): Promise<void> {
  const { code } = (row.context ?? {}) as { code?: { source?: unknown; language?: unknown } };
  const { source, language } = code ?? {};
  if (typeof source !== 'string' || (language !== 'javascript' && language !== 'typescript'))
    return store.noteCheck(row.id, row.version, null);
  const result = await sandbox.run({
    source,
    language,
    signal,
    input: null,
    limits: { timeout_ms: LOAD_MS },
    is_check: true,
  });
  if (result.status === 'error' && result.error_class === 'stopped')
    throw new Error('the worker was stopped');
  const reason =
    result.status === 'error'
      ? `its source cannot be used (${result.error_class}): ${result.error}`
      : null;
  await store.noteCheck(row.id, row.version, reason);
}

/** There is nothing to be said of a definition that is gone. */
async function removeStatus(
  definition_id: string,
  runner: Principal,
  breadcrumbs: Breadcrumbs,
): Promise<void> {
  const known = await findStatus(definition_id, runner, breadcrumbs);
  if (!known) return;
  await breadcrumbs.remove(runner, known.id).catch((error: unknown) => {
    if (!(error instanceof AppError && error.code === 'not_found')) throw error;
  });
}

async function findStatus(
  definition_id: string,
  runner: Principal,
  breadcrumbs: Breadcrumbs,
): Promise<BreadcrumbContext | undefined> {
  const [known] = await breadcrumbs.listWithContext(runner, {
    all_tags: [definitionTag(definition_id)],
    schema_name: TOOL_SCHEMAS.tool_status,
    limit: 1,
  });
  return known;
}

async function writeStatus(
  { row, state, reason }: DefinitionState & { row: DefinitionRow },
  runner: Principal,
  breadcrumbs: Breadcrumbs,
): Promise<void> {
  const { name } = (row.context ?? {}) as { name?: unknown };
  const tool =
    typeof name === 'string' ? name.slice(0, 100).toWellFormed().replaceAll('\0', '') : 'unknown';
  const context: ToolDefinitionStatus = {
    tool,
    definition_id: row.id,
    definition_version: row.version,
    state,
    reason: reason === null ? null : reason.slice(0, 2_000).toWellFormed().replaceAll('\0', ''),
  };
  const body: BreadcrumbCreate = {
    title: `${tool}: ${state}`,
    schema_name: TOOL_SCHEMAS.tool_status,
    tags: ['tool:status', toolTag(tool), definitionTag(row.id)],
    context,
  };
  const known = await findStatus(row.id, runner, breadcrumbs);
  if (!known) {
    // Of a built-in tool that counts, as those of a new installation, nothing needs to be said.
    if (state === 'active' && row.schema_name === SCHEMAS.tool_definition) return;
    await breadcrumbs
      .create(runner, body, `tool-status:${row.id}:${row.version}`)
      .catch(ignoreMade);
    return;
  }
  const { schema_name: _, ...patch } = body;
  // The database keeps the fields in an order of its own.
  if (checksum(known.context) === checksum(context)) return;
  await breadcrumbs.update(runner, known.id, patch, known.version);
}

/** Another attempt made it, or somebody deleted what was made: then there is none until the definition changes. */
function ignoreMade(error: unknown): void {
  const is_known =
    error instanceof AppError &&
    (error.code === 'conflict' || error.code === 'idempotency_mismatch');
  if (!is_known) throw error;
}

/** Whether a delivery of the queue is a definition to be looked at. */
export function isCheck(payload: unknown): payload is CheckPayload {
  return typeof payload === 'object' && payload !== null && 'definition_id' in payload;
}
