import { BreadcrumbCreate, BreadcrumbPatch, TOOL_API, type ToolCode } from '@cairn/protocol';
import { AppError, isUuid, whyNotStorable } from '../base/index.ts';
import type { Breadcrumbs, Search } from '../breadcrumbs/index.ts';
import type { Principal } from '../http/index.ts';
import { describeMismatch, ToolInputError, type ToolFetch } from './builtin/index.ts';
import type { WriteGuard } from './guard-writes.ts';
import type { SecretHider } from './hide-secrets.ts';
import type { HostCall } from './sandbox/index.ts';

const LIST_MAX = 100;
const FETCH_BYTES = 1_048_576;
const FETCH_TIMEOUT_MS = 30_000;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const;

export interface ToolApiPorts {
  readonly breadcrumbs: Breadcrumbs;
  readonly search: Search | null;
  readonly caller: Principal;
  readonly guard: WriteGuard;
  /** What makes the records of a run the same in a second attempt. */
  readonly idempotency_prefix: string;
  readonly fetch: ToolFetch | null;
  /** By name and by id. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Takes them out of what is written where others read it. */
  readonly hide: SecretHider;
}

/** The functions that the code of a tool finds in its context. */
export function apiFunctions(code: ToolCode): string[] {
  const { api = true, net } = code.permissions ?? {};
  const named: readonly string[] = api === true ? TOOL_API : api === false ? [] : api;
  return [...named, ...(Array.isArray(net) && net.length > 0 ? ['fetch'] : [])];
}

/** Answers the calls of a tool's code, with no more rights than whoever asked for the tool. */
export function serveToolApi(ports: ToolApiPorts): HostCall {
  const { breadcrumbs, caller, guard, hide } = ports;
  let created = 0;
  const functions: Record<string, (args: readonly unknown[]) => Promise<unknown>> = {
    getBreadcrumb: async ([id]) => breadcrumbs.get(caller, readId(id)),
    async create([body]) {
      const given = readBody<BreadcrumbCreate>(BreadcrumbCreate, hide.json(body), 'the breadcrumb');
      guard.assertCreate(given.schema_name);
      const key = `${ports.idempotency_prefix}:${created++}`;
      return plain((await breadcrumbs.create(caller, given, key)).full);
    },
    async update([id, patch, version]) {
      const given = readBody<BreadcrumbPatch>(BreadcrumbPatch, hide.json(patch), 'the change');
      const record = await breadcrumbs.getFull(caller, readId(id));
      guard.assertUpdate(record, given.schema_name);
      return plain(await breadcrumbs.update(caller, readId(id), given, readVersion(version)));
    },
    async delete([id, version]) {
      guard.assertDelete(await breadcrumbs.getFull(caller, readId(id)));
      await breadcrumbs.remove(caller, readId(id), readVersion(version));
    },
    searchBreadcrumbs: async ([query]) => breadcrumbs.listWithContext(caller, readQuery(query)),
    vectorSearch: async ([query]) => findByMeaning(ports, query),
    getSecret: async ([name]) => readSecret(ports, name),
    decryptSecret: async ([name]) => readSecret(ports, name),
    fetch: async ([url, options]) => sendFetch(ports, url, options),
  };
  return async (name, args) => {
    const perform = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (!perform) throw new ToolInputError(`there is no function ${name.slice(0, 50)}`);
    return perform(args);
  };
}

/** Without what the server keeps for itself. */
function plain({
  id,
  version,
  title,
  tags,
  schema_name,
  context,
  updated_at,
}: {
  id: string;
  version: number;
  title: string;
  tags: readonly string[];
  schema_name: string | null;
  context: unknown;
  updated_at: string;
}) {
  return { id, version, title, tags, schema_name, context, updated_at };
}

function readId(id: unknown): string {
  if (typeof id === 'string' && isUuid(id)) return id;
  throw new ToolInputError('the id must be a UUID');
}

function readVersion(version: unknown): number | undefined {
  if (version === undefined || version === null) return undefined;
  if (typeof version === 'number' && Number.isSafeInteger(version)) return version;
  throw new ToolInputError('the version must be a whole number');
}

function readBody<T>(
  schema: Parameters<typeof describeMismatch>[0],
  body: unknown,
  name: string,
): T {
  const fault = whyNotStorable(body) ?? describeMismatch(schema, body, name);
  if (fault) throw new ToolInputError(fault);
  return body as T;
}

function isTexts(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= LIST_MAX &&
    value.every((each) => typeof each === 'string')
  );
}

function readQuery(query: unknown) {
  const given = (typeof query === 'object' && query !== null ? query : {}) as Record<
    string,
    unknown
  >;
  const { schema_name, text, limit, tag, any_tags = tag, all_tags } = given;
  const any = typeof any_tags === 'string' ? [any_tags] : any_tags;
  return {
    ...(typeof schema_name === 'string' ? { schema_name } : {}),
    ...(typeof text === 'string' ? { text } : {}),
    ...(isTexts(any) ? { any_tags: any } : {}),
    ...(isTexts(all_tags) ? { all_tags } : {}),
    limit: readLimit(limit, 20),
  };
}

function readLimit(limit: unknown, fallback: number): number {
  return typeof limit === 'number' && limit >= 1 ? Math.min(Math.floor(limit), LIST_MAX) : fallback;
}

async function findByMeaning({ search, caller }: ToolApiPorts, query: unknown): Promise<unknown> {
  if (!search) throw new ToolInputError('this server has no search');
  const given = (typeof query === 'string' ? { q: query } : (query ?? {})) as Record<
    string,
    unknown
  >;
  const { q, query: words = q, nn, limit = nn, schema_name, all_tags } = given;
  if (typeof words !== 'string') throw new ToolInputError('say with q what to look for');
  const { hits } = await search.find(caller, {
    q: words.slice(0, 2_000).toWellFormed(),
    qvec: undefined,
    all_tags: isTexts(all_tags) ? all_tags : [],
    schema_name: typeof schema_name === 'string' ? schema_name : undefined,
    limit: readLimit(limit, 5),
  });
  return hits;
}

async function readSecret({ secrets }: ToolApiPorts, name: unknown): Promise<string> {
  const value = typeof name === 'string' ? secrets.get(name) : undefined;
  if (value !== undefined) return value;
  throw new AppError('forbidden', 'this secret is not among the required_secrets of the tool');
}

async function sendFetch(
  { fetch }: ToolApiPorts,
  url: unknown,
  options: unknown,
): Promise<unknown> {
  if (!fetch || typeof url !== 'string') throw new ToolInputError('fetch needs an address');
  const given = (typeof options === 'object' && options !== null ? options : {}) as Record<
    string,
    unknown
  >;
  const method = METHODS.find((each) => each === (given['method'] ?? 'GET'));
  if (!method) throw new ToolInputError(`the method must be one of ${METHODS.join(', ')}`);
  const { body } = given;
  if (body !== undefined && body !== null && typeof body !== 'string')
    throw new ToolInputError('the body must be a text');
  const answer = await fetch(url, {
    method,
    headers: readHeaders(given['headers']),
    ...(typeof body === 'string' ? { body } : {}),
    timeout_ms: FETCH_TIMEOUT_MS,
    response_bytes_max: FETCH_BYTES,
  });
  return {
    status: answer.status,
    headers: answer.headers,
    body: answer.body.toString('utf8'),
    is_truncated: answer.is_truncated,
  };
}

const OURS =
  /^(host|connection|content-length|transfer-encoding|upgrade|te|trailer|expect|proxy-.*)$/i;

function readHeaders(headers: unknown): Record<string, string> {
  const given = Object.entries((typeof headers === 'object' ? headers : null) ?? {}).slice(0, 50);
  const sent: Record<string, string> = {};
  for (const [name, value] of given) {
    const is_sound =
      typeof value === 'string' &&
      /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name) &&
      value.length <= 8_000 &&
      !/[^\t\x20-\x7e\x80-\xff]/.test(value);
    if (!is_sound || OURS.test(name))
      throw new ToolInputError(`the header ${name.slice(0, 100)} cannot be sent`);
    sent[name] = value;
  }
  return sent;
}
