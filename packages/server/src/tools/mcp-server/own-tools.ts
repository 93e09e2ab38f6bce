import {
  BreadcrumbCreate,
  assertKnownFields,
  compileSelector,
  LIMITS,
  Selector,
  SelectorError,
  Uuid,
} from '@cairn/protocol';
import { Type, type Static, type TSchema } from 'typebox';
import { AppError } from '../../base/index.ts';
import type { Breadcrumbs, Search } from '../../breadcrumbs/index.ts';
import type { Principal } from '../../http/index.ts';
import type { Action } from '../../identity/index.ts';
import type { EventWaits } from './wait-for-event.ts';

const WAIT_S = { fallback: 25, max: 300 } as const;
const FOUND_MAX = 50;

export interface OwnToolPorts {
  readonly breadcrumbs: Breadcrumbs;
  readonly search: Search;
  readonly waits: EventWaits;
}

/** A tool that every principal finds at `/mcp`, if its roles allow the action. */
export interface OwnTool<Input extends TSchema = TSchema> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly action: Action;
  readonly input_schema: Input;
  readonly is_read_only: boolean;
  run(
    ports: OwnToolPorts,
    call: { readonly principal: Principal; readonly signal: AbortSignal },
    input: Static<Input>,
  ): Promise<unknown>;
}

/** Keeps the type of the input between schema and function; the list below holds tools of all inputs. */
function defineTool<Input extends TSchema>(tool: OwnTool<Input>): OwnTool {
  return { ...tool, run: (ports, call, input) => tool.run(ports, call, input as Static<Input>) };
}

const search = defineTool({
  name: 'search',
  title: 'Search breadcrumbs',
  description:
    'Finds breadcrumbs (records) of this Cairn by words and by meaning, best first. Answers with their ids, titles and tags; `read` gives what is in one.',
  action: 'breadcrumb.read',
  is_read_only: true,
  input_schema: Type.Object({
    query: Type.String({ minLength: 1, maxLength: 1_000, description: 'What to look for' }),
    tags: Type.Optional(
      Type.Array(Type.String({ maxLength: LIMITS.tag_chars }), {
        maxItems: 20,
        description: 'Only what has all of these tags',
      }),
    ),
    schema_name: Type.Optional(Type.String({ maxLength: LIMITS.schema_name_chars })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: FOUND_MAX, default: 10 })),
  }),
  async run(ports, { principal }, { query, tags = [], schema_name, limit = 10 }) {
    const request = { q: query, qvec: undefined, all_tags: tags, schema_name, limit };
    const { hits, mode } = await ports.search.find(principal, request);
    return { hits, mode };
  },
});

const read = defineTool({
  name: 'read',
  title: 'Read a breadcrumb',
  description: 'Reads one breadcrumb by its id: title, tags, schema and context.',
  action: 'breadcrumb.read',
  is_read_only: true,
  input_schema: Type.Object({ id: Uuid }),
  run: (ports, { principal }, { id }) => ports.breadcrumbs.view(principal, id, true),
});

const { title, context, tags, schema_name, description, visibility } = BreadcrumbCreate.properties;

const create = defineTool({
  name: 'create',
  title: 'Create a breadcrumb',
  description:
    'Creates a breadcrumb. Agents and tools whose selectors match it act on it: a `user.message.v1` with the tag `user:message` and a `session:<id>` tag is answered by an agent; wait for its `agent.response.v1` with `subscribe_and_wait`.',
  action: 'breadcrumb.create',
  is_read_only: false,
  input_schema: Type.Object({ title, context, tags, schema_name, description, visibility }),
  async run(ports, { principal }, input) {
    const { full } = await ports.breadcrumbs.create(principal, input);
    const { id, version, updated_at } = full;
    return { id, version, updated_at };
  },
});

const subscribeAndWait = defineTool({
  name: 'subscribe_and_wait',
  title: 'Wait for a breadcrumb',
  description: `Waits until a breadcrumb that matches the selector is created or changed, and answers with it. When none comes within timeout_s, \`breadcrumb\` is null. Give the \`seq\` of one answer as \`after\` of the next, and nothing between the two is missed. Example selector: {"schema_name": "agent.response.v1", "all_tags": ["session:42"]}.`,
  action: 'event.read',
  is_read_only: true,
  input_schema: Type.Object({
    selector: Selector,
    timeout_s: Type.Optional(
      Type.Integer({ minimum: 1, maximum: WAIT_S.max, default: WAIT_S.fallback }),
    ),
    after: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Begin after this sequence instead of now' }),
    ),
  }),
  async run(ports, { principal, signal }, { selector, timeout_s = WAIT_S.fallback, after = null }) {
    const compiled = compile(selector, principal.owner_id);
    const wanted = { selector: compiled, after, timeout_ms: timeout_s * 1_000, signal };
    const { event, seq } = await ports.waits.next(principal, wanted);
    if (!event) return { breadcrumb: null, seq };
    return { breadcrumb: await ports.breadcrumbs.view(principal, event.breadcrumb_id, true), seq };
  },
});

/** What is at `/mcp` besides the tools that records define. */
export const OWN_TOOLS: readonly OwnTool[] = [search, read, create, subscribeAndWait];

function compile(selector: Selector, owner_id: string) {
  try {
    assertKnownFields(selector, owner_id);
    return compileSelector(selector);
  } catch (error) {
    if (error instanceof SelectorError) throw new AppError('invalid_selector', error.message);
    throw error;
  }
}
