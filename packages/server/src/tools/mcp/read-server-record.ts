import { McpServerRecord, type McpFailure } from '@cairn/protocol';
import { Value } from 'typebox/value';
import { messageOf } from '../../base/index.ts';
import { OutboundError, readOutboundUrl } from '../../http/index.ts';
import type { Secrets } from '../../secrets/index.ts';
import { McpError, type FetchLike, type McpServerSpec } from './contract.ts';
import type { ServerRow } from './mcp-store.ts';

const SECRET = /\$\{secret:([^}]{1,200})\}/g;
/** Headers that belong to the transport. */
const FORBIDDEN = /^(host|content-length|connection|transfer-encoding|mcp-.*)$/i;

/** What a record asks for: a server, nothing (it is switched off or is only proposed), or why it is refused. */
export type ReadRecord =
  | { readonly name: string; readonly spec: McpServerSpec }
  | {
      readonly name: string;
      readonly refusal: { readonly class: McpFailure; readonly message: string };
    }
  | null;

/** Reads a record that mounts a server. Its address is checked here and at each connection; its secrets are opened then. */
export function readServerRecord(
  row: ServerRow,
  ports: { readonly secrets: Secrets; readonly fetch: FetchLike; readonly allow_private: boolean },
): ReadRecord {
  const { context, is_approved } = row;
  if (!Value.Check(McpServerRecord, context)) {
    const { name } = (context ?? {}) as { name?: unknown };
    const is_named = typeof name === 'string' && Value.Check(McpServerRecord.properties.name, name);
    return is_named ? refuse(name, 'the record does not fit mcp.server.v1') : null;
  }
  const { name, url, headers = {}, enabled = true } = context;
  if (!enabled) return null;
  if (!is_approved)
    return refuse(
      name,
      'somebody who is no curator changed the record last; a curator can activate it',
    );
  const forbidden = Object.keys(headers).find((each) => FORBIDDEN.test(each));
  if (forbidden !== undefined)
    return refuse(name, `headers may not have ${forbidden.slice(0, 80)}`);
  try {
    new Headers(headers);
    readOutboundUrl(url, ports.allow_private);
  } catch (error) {
    return refuse(
      name,
      error instanceof OutboundError ? messageOf(error) : 'its headers are not HTTP headers',
    );
  }
  const reach = {
    type: 'http' as const,
    url,
    fetch: ports.fetch,
    headers: () => openHeaders(row, context, ports.secrets),
  };
  return { name, spec: { name, owners: [row.owner_id], reach } };
}

function refuse(name: string, message: string): ReadRecord {
  return { name, refusal: { class: 'mcp_refused', message } };
}

/** The headers with the values of their secrets, opened in the name of the curator who made the record. */
async function openHeaders(
  { owner_id, changed_by }: ServerRow,
  { name, headers = {} }: McpServerRecord,
  secrets: Secrets,
): Promise<Record<string, string>> {
  const opened = new Map<string, string>();
  for (const [, secret = ''] of Object.values(headers).flatMap((value) => [
    ...value.matchAll(SECRET),
  ])) {
    const opening = { owner_id, agent_id: changed_by, reason: `MCP server ${name}` };
    const value =
      opened.get(secret) ?? (await secrets.openByName(secret, { workspace_id: null }, opening));
    if (value === null)
      throw new McpError(
        'mcp_refused',
        `there is no secret "${secret}" for the MCP server ${name}`,
      );
    opened.set(secret, value.trim());
  }
  return Object.fromEntries(
    Object.entries(headers).map(([header, value]) => [
      header,
      value.replaceAll(SECRET, (_, secret: string) => opened.get(secret) ?? ''),
    ]),
  );
}
