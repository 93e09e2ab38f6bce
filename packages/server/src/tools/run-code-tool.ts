import {
  workspacesOfTags,
  type BreadcrumbFull,
  type SecretScope,
  type ToolCode,
} from '@cairn/protocol';
import { AppError, whyNotStorable } from '../base/index.ts';
import type { Breadcrumbs, Search } from '../breadcrumbs/index.ts';
import type { GuardedFetch } from '../http/index.ts';
import type { SecretAccess } from '../secrets/index.ts';
import type { BuiltinResult } from './builtin/index.ts';
import type { ToolSchemas } from './compile-schemas.ts';
import { WriteGuard, type Asked } from './guard-writes.ts';
import { hideSecrets } from './hide-secrets.ts';
import { limitFetch } from './limit-fetch.ts';
import type { Sandbox, SandboxFaultClass } from './sandbox/index.ts';
import { apiFunctions, serveToolApi } from './serve-tool-api.ts';

const FETCHES_MAX = 20;
const FETCHED_BYTES_MAX = 5 * 1_048_576;
/** Secrets of one name in one place that are looked at. */
const SECRETS_MAX = 100;

export interface CodeToolPorts {
  readonly sandbox: Sandbox;
  readonly schemas: ToolSchemas;
  readonly breadcrumbs: Breadcrumbs;
  /** Null where there is none, as in a process without it. */
  readonly search?: Search | null;
  readonly secret_access?: SecretAccess | null;
  readonly fetch: GuardedFetch;
}

export interface CodeToolCall {
  readonly code: ToolCode;
  readonly definition_id: string;
  readonly input: unknown;
  readonly request: BreadcrumbFull;
  readonly asked: Asked;
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
}

/** Runs a tool that brings its own code. Never throws but for what is a fault of the server. */
export async function runCodeTool(
  call: CodeToolCall,
  ports: CodeToolPorts,
): Promise<BuiltinResult> {
  const { code, input = {}, request, asked } = call;
  const { name, input_schema, output_schema } = code;
  const misfit = whyNotStorable(input) ?? ports.schemas.whyMisfit(input_schema, input, 'input');
  if (misfit) return fault('invalid_input', `The input of ${name} is not valid: ${misfit}.`);
  const secrets = await openSecrets(call, ports);
  if (typeof secrets === 'string')
    return fault('secret_unavailable', `${name} could not run: ${secrets}.`);
  const hide = hideSecrets([...secrets.values()]);
  const over = new AbortController();
  const signal = AbortSignal.any([call.signal, over.signal]);
  const net = code.permissions?.net;
  const hosts = Array.isArray(net) ? net : [];
  const limits = {
    hosts,
    requests_max: FETCHES_MAX,
    bytes_max: FETCHED_BYTES_MAX,
    listed_in: 'permissions.net',
  };
  const result = await ports.sandbox
    .run({
      source: code.code.source,
      language: code.code.language,
      input,
      request: requestOf(request),
      secrets: Object.fromEntries(
        (code.required_secrets ?? []).map((each) => [each, secrets.get(each) ?? '']),
      ),
      functions: apiFunctions(code),
      limits: code.limits ?? {},
      call: serveToolApi({
        breadcrumbs: ports.breadcrumbs,
        search: ports.search ?? null,
        caller: asked.caller,
        guard: new WriteGuard(asked),
        idempotency_prefix: `tool:${request.id}`,
        fetch: hosts.length > 0 ? limitFetch(ports.fetch, limits, signal) : null,
        secrets,
        hide,
      }),
      print: (text) => call.print(hide.text(text)),
      signal: call.signal,
    })
    .finally(() => over.abort());
  if (result.status === 'error' && result.error_class === 'stopped' && isLate(call.signal))
    return fault('timeout', `${name} did not run: no thread was free for it in time.`);
  if (result.status === 'error')
    return fault(result.error_class, `${name} failed: ${hide.text(result.error)}`);
  const wrong = output_schema && ports.schemas.whyMisfit(output_schema, result.output, 'output');
  if (wrong)
    return fault(
      'invalid_output',
      `${name} answered what its output_schema does not allow: ${hide.text(wrong)}.`,
    );
  // The response, and the record of a long one, can be read by many who may not open the secret.
  return { ...result, output: hide.json(result.output) };
}

function isLate({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof DOMException && reason.name === 'TimeoutError';
}

function fault(error_class: SandboxFaultClass, error: string): BuiltinResult {
  return { status: 'error', error_class, error: error.slice(0, 2_500).toWellFormed() };
}

function requestOf(request: BreadcrumbFull): Record<string, unknown> {
  const workspace = request.tags.find((tag) => tag.startsWith('workspace:')) ?? null;
  const { id, tags, title, schema_name, created_by, created_at, context } = request;
  return {
    id,
    workspace,
    agentId: created_by,
    trigger_event: {
      type: 'breadcrumb.created',
      breadcrumb_id: id,
      tags,
      title,
      schema_name,
      created_at,
      context,
    },
  };
}

/** What the tool needs, by name and by id, each opened with a line in the audit log; or why one of them is not there. */
async function openSecrets(
  { code, asked: { caller }, definition_id, request }: CodeToolCall,
  { secret_access }: CodeToolPorts,
): Promise<Map<string, string> | string> {
  const opened = new Map<string, string>();
  const places = placesOf(request);
  for (const name of code.required_secrets ?? []) {
    const secret = await openNearest(name, places);
    if (!secret) return `its secret ${name} is not there for this agent; a curator can grant it`;
    opened.set(secret.id, secret.value);
    opened.set(name, secret.value);
  }
  return opened;

  async function openNearest(name: string, scopes: readonly SecretPlace[]) {
    for (const { scope_type, scope_id } of scopes) {
      const query = { name, limit: SECRETS_MAX, before: undefined, scope_type, scope_id };
      const found = (await secret_access?.list(caller, query)) ?? [];
      // Of those for agents its own, then those that were granted to it.
      const own = found.filter((each) => each.scope_id === caller.agent_id);
      for (const { id } of [...own, ...found.filter((each) => !own.includes(each))]) {
        const value = await decrypt(id);
        if (value !== null) return { id, value };
      }
    }
    return null;
  }

  async function decrypt(id: string): Promise<string | null> {
    const reason = `the tool ${code.name} (${definition_id})`;
    try {
      return (await secret_access?.decrypt(caller, id, reason))?.value ?? null;
    } catch (error) {
      if (error instanceof AppError && (error.code === 'forbidden' || error.code === 'not_found'))
        return null;
      throw error;
    }
  }
}

interface SecretPlace {
  readonly scope_type: SecretScope;
  readonly scope_id: string | undefined;
}

/** Where a secret is looked for: the agent, then the workspaces that the request names, then the tenant. */
function placesOf({ tags }: BreadcrumbFull): SecretPlace[] {
  return [
    { scope_type: 'agent', scope_id: undefined },
    ...workspacesOfTags(tags).map((scope_id) => ({ scope_type: 'workspace' as const, scope_id })),
    { scope_type: 'global', scope_id: undefined },
  ];
}
