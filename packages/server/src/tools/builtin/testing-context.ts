import { randomInt, randomUUID } from 'node:crypto';
import type { BreadcrumbContext, BreadcrumbCreate } from '@cairn/protocol';
import type { BreadcrumbQuery, ToolBreadcrumbs, ToolContext } from './contract.ts';

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
    ...given,
    breadcrumbs: new MemoryBreadcrumbs(),
  };
}
