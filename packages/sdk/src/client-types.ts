import type { AgentResponse, BreadcrumbFull, Role } from '@cairn/protocol';
import type { Timing } from './timing.ts';

/** How a client reaches its server, and as whom. With `base_url` alone it uses the dev mode of a local server. */
export interface CairnClientOptions {
  /** Such as `http://127.0.0.1:8081`. Empty in a page that the server itself serves. */
  base_url: string;
  /** A JWT to use as it is. It is not renewed. */
  token?: string;
  /** A `cairn_…` key; tokens are got with it. */
  api_key?: string;
  /** Dev mode only: the tenant to act in. */
  owner_id?: string;
  /** Dev mode, or a key that vouches for several agents: the agent to act as. */
  agent_id?: string;
  /** In place of the `fetch` of the runtime. */
  fetch?: typeof globalThis.fetch;
  /** Further tries of a request that may be repeated. Default 3. */
  max_retries?: number;
  /** Milliseconds to wait for one answer. Default 30,000. */
  timeout_ms?: number;
  timing?: Timing;
}

/** What every call takes. */
export interface CallOptions {
  /** Ends the call; it then rejects with the reason of the signal. */
  signal?: AbortSignal;
}

/** What calls take that make something. */
export interface CreateOptions extends CallOptions {
  /** A second call with the same key and body gets the first answer. Made by the client when absent. */
  idempotency_key?: string;
}

/** What calls take that change something. */
export interface ChangeOptions extends CallOptions {
  /** The version that you read. If another is stored now, the call fails with `version_mismatch` and changes nothing. */
  version?: number;
}

/** What the read of one breadcrumb takes. */
export interface ReadOptions extends CallOptions {
  /** `llm` shows it as the hints of its schema show it to a model. */
  view?: 'llm';
}

/** What the read of all that is stored of one breadcrumb takes. */
export interface FullReadOptions extends CallOptions {
  /** False looks at a record whose TTL is by use without using it up. Default true. */
  count_read?: boolean;
}

/** Which page of a list. */
export interface PageQuery {
  /** Rows of this page, at most 500. Default 50. */
  limit?: number;
  /** `next_cursor` of the page before. */
  cursor?: string;
}

/** Which breadcrumbs a list holds. All that is given must hold. */
export interface ListQuery extends PageQuery {
  /** At least one of these tags. */
  any_tags?: readonly string[];
  /** All of these tags. */
  all_tags?: readonly string[];
  tag?: string;
  schema_name?: string;
  /** Text in the title or the context. */
  q?: string;
  /** Rows with description and context. */
  include_context?: boolean;
  /** Rows to pass over, at most 10,000; not together with `cursor`, which reaches further. */
  offset?: number;
}

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** Give it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** `GET /v1/health`. */
export interface Health {
  status: string;
  service: string;
  version: string;
}

/** `GET /v1/ready`. */
export interface Readiness {
  status: string;
  /** Such as `pglite` or `postgres`. */
  database: string;
  /** Such as `memory` or `postgres`. */
  bus: string;
}

/** `GET /v1/system`: what runs, and who asks. */
export interface SystemInfo {
  version: string;
  /** `dev` or `strict`. */
  auth_mode: string;
  /** Such as `pglite` or `postgres`. */
  storage: string;
  /** Such as `memory` or `postgres`. */
  bus: string;
  /** The model that agents use unless their definition names another. */
  model: string;
  /** True when nobody configured a model and a rule-based stand-in answers. */
  is_demo_model: boolean;
  /** What the caller may do. */
  roles: Role[];
  owner_id: string;
  agent_id: string;
}

/** What opens one event stream where no header can be sent with it, such as from the browser's EventSource. */
export interface StreamTicket {
  /** For `GET /events/stream?ticket=…`, once. */
  ticket: string;
  /** Seconds. */
  expires_in: number;
}

/** A message to an agent. */
export interface MessageInput {
  content: string;
  /** The conversation to go on with; absent starts a new one. */
  conversation_id?: string;
  /** Tags besides the two that make it a message of its conversation. */
  tags?: readonly string[];
}

/** A breadcrumb whose context is an answer of an agent. */
export type AnswerBreadcrumb = Omit<BreadcrumbFull, 'context'> & { context: AgentResponse };

/** Body of `createKey`. */
export interface KeyInput {
  /** What people know it by. */
  name: string;
  agent_id?: string;
  roles?: Role[];
  /** RFC 3339; absent or null means that it does not expire. */
  expires_at?: string | null;
}
