import { readFile } from 'node:fs/promises';
import { MCP_SERVER_NAME, WELL_KNOWN } from '@cairn/protocol';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { ConfigError, messageOf } from '../../base/index.ts';
import type { McpServerSpec } from './contract.ts';
import { limitBody } from './limit-body.ts';

const Texts = Type.Record(Type.String(), Type.String());
const Entry = Type.Object({
  type: Type.Optional(Type.String()),
  command: Type.Optional(Type.String({ minLength: 1 })),
  args: Type.Optional(Type.Array(Type.String())),
  env: Type.Optional(Texts),
  cwd: Type.Optional(Type.String()),
  url: Type.Optional(Type.String()),
  headers: Type.Optional(Texts),
  disabled: Type.Optional(Type.Boolean()),
  /** Ids of the tenants that may use it; absent means the tenant of the installation. */
  owners: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
});
const ServersFile = Type.Object({ mcpServers: Type.Record(Type.String(), Entry) });

/** What every program needs to find others and its own settings. */
export interface BaseEnvironment {
  readonly PATH: string | null;
  readonly HOME: string | null;
}

/**
 * Reads the administrator's file of servers, in the form that other hosts of MCP servers use. Of our own environment a
 * process gets `base` alone, and what its entry says. @throws ConfigError
 */
export async function readServersFile(
  path: string,
  base: BaseEnvironment,
): Promise<McpServerSpec[]> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`MCP_SERVERS_FILE: ${path} cannot be read as JSON: ${messageOf(error)}`);
  }
  if (!Value.Check(ServersFile, content)) {
    const first = Value.Errors(ServersFile, content)[0];
    const where = first
      ? `${first.instancePath || 'it'} ${first.message}`
      : 'it is not as expected';
    throw new ConfigError(
      `MCP_SERVERS_FILE: ${path} must be {"mcpServers": {"name": {"command", "args", "env"} or {"url", "headers"}}}; ${where}`,
    );
  }
  const entries = Object.entries(content.mcpServers);
  return entries.flatMap(([name, entry]) => (entry.disabled ? [] : [toSpec(name, entry, base)]));
}

function toSpec(name: string, entry: Static<typeof Entry>, base: BaseEnvironment): McpServerSpec {
  const fault = whyNot(name, entry);
  if (fault !== null) throw new ConfigError(`MCP_SERVERS_FILE: the server "${name}" ${fault}`);
  const owners = entry.owners ?? [WELL_KNOWN.owner_id];
  const { command, args = [], env = {}, cwd, url = '', headers = {} } = entry;
  if (command === undefined) {
    const fetch = limitBody((address, init) => globalThis.fetch(address, init));
    return { name, owners, reach: { type: 'http', url, fetch, headers: async () => headers } };
  }
  const found = Object.entries(base).filter((each): each is [string, string] => each[1] !== null);
  const reach = {
    type: 'stdio' as const,
    command,
    args,
    env: { ...Object.fromEntries(found), ...env },
    cwd,
  };
  return { name, owners, reach };
}

function whyNot(name: string, { type, command, url }: Static<typeof Entry>): string | null {
  if (!new RegExp(MCP_SERVER_NAME).test(name))
    return 'must have a name of at most 32 letters, digits, "-" and single "_"';
  if (type === 'sse')
    return 'has the type sse, which the protocol gave up; use its streamable HTTP address';
  if ((command === undefined) === (url === undefined)) return 'must have either a command or a url';
  if (url !== undefined && !/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''))
    return 'has a url that is not http or https';
  return null;
}
