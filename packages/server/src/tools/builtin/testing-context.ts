import { randomInt, randomUUID } from 'node:crypto';
import type { BreadcrumbContext, BreadcrumbCreate, BreadcrumbFull } from '@cairn/protocol';
import { newId, silentLog, systemClock } from '../../base/index.ts';
import { Sandbox } from '../sandbox/index.ts';
import type {
  AnyBuiltin,
  BegunStep,
  BreadcrumbQuery,
  DurableContext,
  ScheduleItem,
  ToolBreadcrumbs,
  ToolContext,
  ToolSchedules,
  WorkflowPort,
} from './contract.ts';
import { advanceDurableTool, runBuiltinTool, type BuiltinResult } from './run-builtin.ts';

/** A record store of one test, in memory: what `ToolBreadcrumbs` promises and nothing else. */
export class MemoryBreadcrumbs implements ToolBreadcrumbs {
  /** Newest first. */
  readonly rows: BreadcrumbContext[] = [];
  /** The queries that came, as they came. */
  readonly queries: BreadcrumbQuery[] = [];

  add(body: BreadcrumbCreate): BreadcrumbContext {
    const row: BreadcrumbContext = {
      id: randomUUID(),
      title: body.title,
      description: null,
      semantic_version: null,
      context: body.context,
      tags: body.tags,
      schema_name: body.schema_name ?? null,
      llm_hints: null,
      version: 1,
      updated_at: new Date(1_700_000_000_000 + this.rows.length).toISOString(),
    };
    this.rows.unshift(row);
    return row;
  }

  async create(body: BreadcrumbCreate): Promise<{ id: string; version: number }> {
    return this.add(body);
  }

  async list(query: BreadcrumbQuery): Promise<BreadcrumbContext[]> {
    this.queries.push(query);
    const { any_tags, all_tags, schema_name, text, limit } = query;
    return this.rows
      .filter((row) => !any_tags || any_tags.some((tag) => row.tags.includes(tag)))
      .filter((row) => !all_tags || all_tags.every((tag) => row.tags.includes(tag)))
      .filter((row) => schema_name === undefined || row.schema_name === schema_name)
      .filter((row) => !text || JSON.stringify([row.title, row.context]).includes(text))
      .slice(0, limit);
  }
}

/** Schedules of one test, in memory, that never fire. */
export function memorySchedules(): ToolSchedules {
  const items: ScheduleItem[] = [];
  return {
    async create({ name, kind, spec, timezone, firings_max }) {
      const item: ScheduleItem = {
        id: randomUUID(),
        state: 'active',
        next_at: '2026-01-06T00:00:00.000Z',
        last_at: null,
        firings: 0,
        last_error: null,
        name,
        kind,
        spec,
        timezone,
        firings_max,
      };
      items.unshift(item);
      return item;
    },
    list: async () => items,
    cancel: async (id) => items.some((item) => item.id === id),
  };
}

// Its threads start when the first test needs one, and keep no process alive.
const sandbox = new Sandbox({ clock: systemClock, log: silentLog, threads: 1, uuid: newId });

/** What a tool is handed in a test: a clock that stands still at 2026-01-05T00:04:05Z and an empty store. */
export function testingContext(
  given: Partial<Omit<ToolContext, 'breadcrumbs'>> = {},
): ToolContext & { readonly breadcrumbs: MemoryBreadcrumbs } {
  return {
    owner_id: randomUUID(),
    agent_id: randomUUID(),
    conversation_id: 'conversation-1',
    clock: { now: () => Date.UTC(2026, 0, 5, 0, 4, 5) },
    random: () => randomInt(2 ** 47) / 2 ** 47,
    signal: new AbortController().signal,
    fetch: async () => {
      throw new Error('nothing is fetched in this test');
    },
    evaluate: (source, input, timeout_ms) =>
      sandbox.run({ source, language: 'javascript', input, limits: { timeout_ms } }),
    schedules: memorySchedules(),
    ...given,
    breadcrumbs: new MemoryBreadcrumbs(),
  };
}

/** Steps of one test, in memory: each answers at once with its input. */
export function memoryWorkflows(
  answer = (_tool: string, input: unknown): unknown => input,
): WorkflowPort {
  const steps: BegunStep[] = [];
  return {
    begun: async () => [...steps],
    async begin(_tx, ready) {
      for (const { step_id, place, tool, input } of ready)
        steps.push({
          step_id,
          place,
          state: 'done',
          output: answer(tool, input),
          error: null,
          left_ms: 1,
          consent: null,
        });
    },
    async settle() {},
    async clear() {},
    look: async () => ({ refusal: null, consent_ms: null, limit_ms: 60_000 }),
    readOutput: async (output) => output,
  };
}

/** Runs a tool to its end, as a queue would: one that waits is asked again at once. */
export async function runToEnd(
  tool: AnyBuiltin,
  input: unknown,
  context: ToolContext,
  workflows = memoryWorkflows(),
): Promise<BuiltinResult> {
  if (!('advance' in tool)) return runBuiltinTool(tool, input, context);
  const created_at = new Date(context.clock.now()).toISOString();
  const durable: DurableContext = {
    ...context,
    // The parts that a tool reads.
    request: { id: randomUUID(), created_at } as BreadcrumbFull,
    delivery_id: randomUUID(),
    workflows,
  };
  const tx = { query: async () => ({ rows: [], count: 0 }), exec: async () => {} };
  for (let turn = 0; turn < 100; turn++) {
    const result = await advanceDurableTool(tool, input, durable);
    await result.commit?.(tx);
    if (!('type' in result)) {
      const { commit: _, ...told } = result;
      return told;
    }
  }
  throw new Error('the tool does not come to an end');
}
