import { rm, writeFile } from 'node:fs/promises';
import {
  ROLES,
  SCHEMAS,
  TAGS,
  WELL_KNOWN,
  type AgentDefinition,
  type BreadcrumbCreate,
} from '@cairn/protocol';
import { AppError, type Log } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Principal } from '../http/index.ts';
import type { IdentityStore, Tokens } from '../identity/index.ts';
import { BUILTIN_TOOLS, toolsPrincipal, toolTag, toToolDefinition } from '../tools/index.ts';
import { adminKeyFile } from './admin-key-file.ts';
import type { Config } from './config.ts';

const OWNER: Principal = {
  owner_id: WELL_KNOWN.owner_id,
  agent_id: WELL_KNOWN.person,
  roles: [...ROLES],
};
const MARKER = { schema_name: 'system.bootstrap.v1', tag: 'system:bootstrap' };

/** What a new installation has: the built-in tools, and one agent that talks. */
const DEFINITIONS: ReadonlyMap<string, BreadcrumbCreate> = new Map([
  ...BUILTIN_TOOLS.map((tool): [string, BreadcrumbCreate] => [
    `tool:${tool.name}`,
    {
      title: `Tool: ${tool.name}`,
      schema_name: SCHEMAS.tool_definition,
      tags: ['tool', toolTag(tool.name), TAGS.tools_workspace],
      context: toToolDefinition(tool),
    },
  ]),
  [
    'agent:chat',
    {
      // Setup scripts of the original look for an agent of this name under these tags before they add theirs, which
      // would answer every message a second time.
      title: 'Default Chat Assistant',
      schema_name: SCHEMAS.agent_definition,
      tags: [TAGS.agent_definition, TAGS.agents_workspace, MARKER.tag],
      context: {
        agent_id: 'chat',
        description: 'Answers messages, with the tools at hand.',
        system_prompt:
          'You are a helpful assistant inside Cairn. Answer in plain, short sentences. Use the tools for arithmetic, the time, randomness, and for finding or keeping records; do not guess what a tool can tell. When a tool fails, say so.',
        subscriptions: {
          selectors: [
            { schema_name: SCHEMAS.user_message, any_tags: [TAGS.user_message], role: 'trigger' },
          ],
        },
      } satisfies AgentDefinition,
    },
  ],
]);

/**
 * Makes what a new installation needs. A record remembers what was made, so that a later start adds only what is new in
 * its release, and never brings back what somebody deleted.
 */
export async function seed(ports: {
  breadcrumbs: Breadcrumbs;
  identity: IdentityStore;
  tokens: Tokens;
  config: Config;
  log: Log;
}): Promise<void> {
  await ports.identity.ensureAgent(OWNER);
  await ports.identity.ensureAgent(toolsPrincipal(WELL_KNOWN.owner_id));
  await seedDefinitions(ports.breadcrumbs);
  if (ports.config.auth_mode === 'strict') await seedAdminKey(ports);
}

async function seedDefinitions(breadcrumbs: Breadcrumbs): Promise<void> {
  const query = { all_tags: [MARKER.tag], schema_name: MARKER.schema_name, limit: 1 };
  const [marker] = await breadcrumbs.listWithContext(OWNER, query);
  const seeded = (marker?.context as { seeded?: string[] } | undefined)?.seeded ?? [];
  const missing = [...DEFINITIONS].filter(([name]) => !seeded.includes(name));
  if (missing.length === 0) return;
  // The keys keep two servers that start together, or one that died half-way, from making anything twice.
  for (const [name, body] of missing)
    await breadcrumbs.create(OWNER, body, `cairn:seed:${name}`).catch(ignoreMadeBefore);
  const context = { seeded: [...seeded, ...missing.map(([name]) => name)] };
  if (!marker) {
    const body = {
      title: 'What this installation was given',
      schema_name: MARKER.schema_name,
      tags: [MARKER.tag],
      context,
    };
    await breadcrumbs.create(OWNER, body, 'cairn:seed:marker').catch(ignoreMadeBefore);
    return;
  }
  await breadcrumbs
    .update(OWNER, marker.id, { context }, marker.version)
    .catch((error: unknown) => {
      // Another server was faster and wrote the same.
      if (!(error instanceof AppError && error.code === 'version_mismatch')) throw error;
    });
}

/**
 * The key was used by an earlier start, and somebody deleted what it made (also the record of it), or an earlier release
 * made something else. Either way it was given once, and a server must start whatever was deleted.
 */
function ignoreMadeBefore(error: unknown): void {
  const is_known =
    error instanceof AppError &&
    (error.code === 'conflict' || error.code === 'idempotency_mismatch');
  if (!is_known) throw error;
}

/** In strict mode somebody needs a first key. It is written to a file that only its owner can read, once. */
async function seedAdminKey({
  identity,
  tokens,
  config,
  log,
}: {
  identity: IdentityStore;
  tokens: Tokens;
  config: Config;
  log: Log;
}): Promise<void> {
  const keys = await identity.listKeys(WELL_KNOWN.owner_id);
  if (keys.length > 0) return;
  const path = adminKeyFile(config.data_dir);
  await tokens.createKey(OWNER, 'admin', null, async (key) => {
    // A new file, since one that is there may be readable by others.
    await rm(path, { force: true });
    await writeFile(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
  });
  log.info({ path }, 'the first API key was written to a file');
}
