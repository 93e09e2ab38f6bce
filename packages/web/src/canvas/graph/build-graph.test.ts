import { SCHEMAS, WELL_KNOWN } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { buildGraph } from './build-graph.ts';
import type { EdgeKind, Graph } from './graph.ts';
import { testData, testRecord } from './testing-graph.ts';

const at = '2026-11-21T10:00:00.000Z';

const edgesOf = (graph: Graph, kind: EdgeKind) =>
  graph.edges.filter((edge) => edge.kind === kind).map(({ from, to }) => `${from} → ${to}`);

function definition(id: string, selectors: unknown, more: object = {}) {
  return testRecord({
    id,
    schema_name: SCHEMAS.agent_definition,
    context: { agent_id: id, subscriptions: { selectors }, ...more },
  });
}

describe('buildGraph', () => {
  it('tells the kinds of nodes apart', () => {
    const graph = buildGraph(
      testData(
        [
          testRecord({ id: 'note', schema_name: 'note.v1', tags: ['session:c1'] }),
          definition('helper', []),
          testRecord({
            id: 'tool',
            schema_name: SCHEMAS.tool_definition,
            context: { name: 'sum' },
          }),
          testRecord({ id: 'metrics', schema_name: 'system.metrics.v1' }),
        ],
        {
          agents: [{ id: WELL_KNOWN.person, roles: ['curator'], created_at: at }],
          secrets: [{ id: 's', name: 'MAIL_KEY', scope_type: 'global', updated_at: at }],
        },
      ),
    );
    expect(Object.fromEntries(graph.nodes.map(({ id, kind }) => [id, kind]))).toEqual({
      note: 'breadcrumb',
      helper: 'agent-definition',
      tool: 'tool',
      metrics: 'system',
      [`agent:${WELL_KNOWN.person}`]: 'agent',
      'secret:s': 'secret',
      'chat:c1': 'chat',
    });
    expect(graph.nodes.find(({ id }) => id === 'tool')?.title).toBe('sum');
  });

  it('draws who made a record, also an agent that no list names', () => {
    const graph = buildGraph(testData([testRecord({ id: 'note', created_by: 'someone' })]));
    expect(edgesOf(graph, 'creates')).toEqual(['agent:someone → note']);
  });

  it('takes the author of an answer from the answer where the list does not tell', () => {
    const agent_id = '0193a4b0-0000-7000-8000-000000000001';
    const answer = testRecord({
      id: 'answer',
      schema_name: SCHEMAS.agent_response,
      context: { agent_id },
    });
    expect(edgesOf(buildGraph(testData([answer])), 'creates')).toEqual([
      `agent:${agent_id} → answer`,
    ]);
    const named = { ...answer, context: { agent_id: 'chat' } };
    expect(edgesOf(buildGraph(testData([named])), 'creates')).toEqual([]);
  });

  it('draws what triggers a definition, and what is only shown to it', () => {
    const graph = buildGraph(
      testData([
        definition('helper', [
          { schema_name: 'a.v1', role: 'trigger' },
          { any_tags: ['b'], role: 'context' },
          { all_tags: ['c'] },
        ]),
        testRecord({ id: 'a', schema_name: 'a.v1' }),
        testRecord({ id: 'b', schema_name: 'other.v1', tags: ['b'] }),
        testRecord({ id: 'c', tags: ['c'] }),
        testRecord({ id: 'none', schema_name: 'other.v1' }),
      ]),
    );
    expect(edgesOf(graph, 'triggered')).toEqual(['a → helper', 'c → helper']);
    expect(edgesOf(graph, 'subscribed')).toEqual(['b → helper']);
  });

  it('looks into contexts that it has, and never guesses about others', () => {
    const rule = { path: '$.priority', op: 'gt', value: 3 };
    const graph = buildGraph(
      testData([
        definition('helper', [{ schema_name: 'a.v1', context_match: [rule], role: 'trigger' }]),
        testRecord({ id: 'high', schema_name: 'a.v1', context: { priority: 5 } }),
        testRecord({ id: 'low', schema_name: 'a.v1', context: { priority: 1 } }),
        testRecord({ id: 'unknown', schema_name: 'a.v1' }),
      ]),
    );
    expect(edgesOf(graph, 'triggered')).toEqual(['high → helper']);
  });

  it.each([
    ['no list', 'everything'],
    ['no object', [null, 7]],
    ['an unknown operator', [{ context_match: [{ path: '$.a', op: 'sounds_like', value: 1 }] }]],
    ['tags of the wrong type', [{ any_tags: 7 }]],
    ['rules of the wrong type', [{ context_match: 'all' }, { context_match: [null] }]],
  ])('draws no edge for selectors that are %s', (_, selectors) => {
    const graph = buildGraph(testData([definition('helper', selectors), testRecord({ id: 'a' })]));
    expect(graph.edges).toEqual([]);
  });

  it('draws which settings and secrets a tool has, and which plan an agent has', () => {
    const graph = buildGraph(
      testData(
        [
          testRecord({
            id: 'tool',
            schema_name: SCHEMAS.tool_code,
            context: { name: 'mail', required_secrets: ['MAIL_KEY', 'GONE', 7] },
          }),
          testRecord({ id: 'config', schema_name: 'tool.config.v1', tags: ['tool:config:mail'] }),
          definition('helper', []),
          testRecord({
            id: 'plan',
            schema_name: SCHEMAS.context_config,
            context: { consumer_id: 'helper' },
          }),
        ],
        { secrets: [{ id: 's', name: 'MAIL_KEY', scope_type: 'global', updated_at: at }] },
      ),
    );
    expect(edgesOf(graph, 'config')).toEqual(['tool → config', 'helper → plan', 'tool → secret:s']);
  });

  it('calls a conversation by its first message', () => {
    const tags = ['session:c1'];
    const graph = buildGraph(
      testData([
        testRecord({ id: '2', title: 'And then?', schema_name: SCHEMAS.user_message, tags }),
        testRecord({ id: '1', title: 'Hello', schema_name: SCHEMAS.user_message, tags }),
      ]),
    );
    expect(graph.nodes.find(({ kind }) => kind === 'chat')?.title).toBe('Hello');
    expect(edgesOf(graph, 'belongs')).toEqual(['2 → chat:c1', '1 → chat:c1']);
  });

  it('leaves out what does not fit, and counts it', () => {
    const records = Array.from({ length: 10 }, (_, at_) =>
      testRecord({ id: `r${at_}`, tags: ['session:c1'] }),
    );
    const graph = buildGraph(testData(records), { nodes: 6, edges: 3 });
    expect(graph.nodes).toHaveLength(6);
    expect(graph.edges).toHaveLength(3);
    expect(graph.left_out).toEqual({ nodes: 5, edges: 2 });
  });

  it('gives edges only between nodes that are there, and none twice', () => {
    const graph = buildGraph(
      testData([
        definition('helper', [{ any_tags: ['x'] }, { all_tags: ['x'] }]),
        testRecord({ id: 'a', tags: ['x'] }),
      ]),
    );
    expect(graph.edges).toEqual([{ from: 'a', to: 'helper', kind: 'triggered' }]);
  });
});
