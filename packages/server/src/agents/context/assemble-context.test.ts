import type { BreadcrumbContext, BreadcrumbFull } from '@cairn/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog, systemClock } from '../../base/index.ts';
import { assembleContext } from './assemble-context.ts';
import type { AssemblePorts } from './contract.ts';
import { tokenCounter } from './count-tokens.ts';
import { renderContext } from './render-context.ts';

const NOW = '2026-01-01T00:00:00.000Z';
const READER = { owner_id: 'o', agent_id: 'a', roles: [] };
const idOf = (at: number) => `00000000-0000-7000-8000-${String(at).padStart(12, '0')}`;

function record(at: number, schema_name: string, context: unknown): BreadcrumbContext {
  const head = { id: idOf(at), title: 'T', tags: ['session:c'], schema_name, context, version: 1 };
  return { ...head, updated_at: NOW, description: null, semantic_version: null, llm_hints: null };
}

function trigger(context: unknown): BreadcrumbFull {
  const guard = { visibility: 'team' as const, sensitivity: 'low' as const, owner_id: 'o' };
  const ttl = { ttl: null, ttl_type: 'never', ttl_config: null, ttl_source: null, read_count: 0 };
  const author = { created_by: null, updated_by: null, created_at: NOW };
  const rest = { checksum: '', size_bytes: 0, embedding: null };
  return { ...record(1_000, 'user.message.v1', context), ...guard, ...ttl, ...author, ...rest };
}

/** A store that has these notes and these turns; whoever asks for the broken note's view fails. */
function ports(notes: BreadcrumbContext[], turns: BreadcrumbContext[]): AssemblePorts {
  return {
    clock: systemClock,
    log: createLog('silent'),
    search: { find: () => Promise.reject(new Error('no index')) },
    history: async () => turns,
    breadcrumbs: {
      listWithContext: async () => notes,
      showToModel: async (_, shown) => {
        if (shown.context === 'broken') throw new Error('it cannot be shown');
        return shown;
      },
    },
    store: {
      facts: async (_, ids) => {
        const guard = { visibility: 'team' as const, sensitivity: 'low' as const };
        const author = { created_by: null, updated_by: null };
        return new Map(ids.map((id) => [id, { id, created_at: NOW, ...author, ...guard }]));
      },
    },
  };
}

const ASKED = {
  owner_id: 'o',
  agent_id: 'a',
  definition: { agent_id: 'reader', system_prompt: '', subscriptions: { selectors: [] } },
  model: 'openai/gpt-5',
  conversation_id: 'c',
  reader: READER,
};
const PLAN = {
  sources: [{ key: 'notes' }, { key: 'found', method: 'search' as const }],
  excluded_schemas: new Set<string>(),
};

describe('assembleContext', () => {
  it('leaves out what fails and goes on', async () => {
    const notes = [record(3, 'note.v1', 'broken'), record(2, 'note.v1', { text: 'whole' })];
    const asked = { ...ASKED, trigger: trigger({ content: 'hello' }) };
    const { context } = await assembleContext(ports(notes, []), asked, PLAN);
    expect(context.breadcrumbs.map(({ content }) => content)).toEqual([{ text: 'whole' }, 'hello']);
    expect(context.dropped).toEqual([{ id: idOf(3), reason: 'failed' }]);
    expect(context.failed_sources).toEqual([{ source: 'found', reason: 'no index' }]);
  });

  it('shows a record that is nested too deeply to be stored in another as its text', async () => {
    let deep: unknown = 'deep';
    for (let level = 0; level < 62; level++) deep = [deep];
    const asked = { ...ASKED, trigger: trigger({ content: 'hello' }) };
    const { context } = await assembleContext(ports([record(2, 'note.v1', deep)], []), asked, PLAN);
    expect(context.breadcrumbs[0]?.content).toBe(JSON.stringify(deep));
  });

  it('shows a model no more than the budget, keeps the newest turns, and does the same again', async () => {
    const counter = await tokenCounter(ASKED.model);
    const words = fc
      .array(
        fc.constantFrom('alpha', 'beta ', '\n', '🦊', '</record>', 'x'.repeat(50), '0123', '"'),
      )
      .map((parts) => parts.join(' '));
    const cases = fc.record({
      max_tokens: fc.integer({ min: 256, max: 1_500 }),
      question: words,
      notes: fc.array(words, { maxLength: 25 }),
      turns: fc.array(words, { maxLength: 25 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ max_tokens, question, notes, turns }) => {
        const parts = ports(
          notes.map((text, at) => record(at, 'note.v1', { text })),
          turns.map((content, at) => record(500 + at, 'user.message.v1', { content })),
        );
        const asked = { ...ASKED, trigger: trigger({ content: question }) };
        const plan = { ...PLAN, formatting: { max_tokens } };
        const { context } = await assembleContext(parts, asked, plan);
        const messages = renderContext(context);
        const said = messages.map((each) => (each.role === 'tool' ? '' : each.content));
        let shown = 0;
        for (const content of said) shown += await counter.count(content);
        expect(shown).toBeLessThanOrEqual(max_tokens);
        expect(context.token_estimate).toBeLessThanOrEqual(max_tokens);
        const ids = context.breadcrumbs.filter(({ role }) => role).map(({ id }) => id);
        const newest = turns.map((_, at) => idOf(500 + at)).slice(turns.length - ids.length + 1);
        expect(ids).toEqual([...newest, idOf(1_000)]);
        const again = await assembleContext(parts, asked, plan);
        expect(renderContext(again.context)).toEqual(messages);
      }),
      { numRuns: 60 },
    );
  });
});
