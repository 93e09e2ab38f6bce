import type { BreadcrumbEvent, StreamEvent } from '@cairn/protocol';
import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import type { ConversationSummary } from '../chat/group-conversations.ts';
import type { TrailRow } from '../trail/trail-row.ts';
import { applyEvents } from './apply-events.ts';
import { queryKeys } from './query-keys.ts';
import type { LiveRecord } from './record.ts';

function event(fields: Partial<BreadcrumbEvent>): BreadcrumbEvent {
  return {
    type: 'breadcrumb.updated',
    seq: 1,
    breadcrumb_id: 'm1',
    owner_id: 'o',
    version: 1,
    title: 'Hello',
    tags: ['user:message', 'session:c1'],
    schema_name: 'user.message.v1',
    updated_at: '2026-11-21T10:00:00Z',
    updated_by: null,
    context: { content: 'Hello', conversation_id: 'c1' },
    ...fields,
  };
}

function loadedCache(): QueryClient {
  const cache = new QueryClient();
  cache.setQueryData(queryKeys.trail, []);
  cache.setQueryData(queryKeys.conversations, []);
  cache.setQueryData(queryKeys.conversation('c1'), []);
  return cache;
}

const trailOf = (cache: QueryClient) => cache.getQueryData<readonly TrailRow[]>(queryKeys.trail);
const recordsOf = (cache: QueryClient, id: string) =>
  cache.getQueryData<readonly LiveRecord[]>(queryKeys.conversation(id));
const conversationsOf = (cache: QueryClient) =>
  cache.getQueryData<readonly ConversationSummary[]>(queryKeys.conversations);

describe('applyEvents', () => {
  it('puts a message on the trail, into its conversation and into the list', () => {
    const cache = loadedCache();
    applyEvents(cache, {}, [event({})]);
    expect(trailOf(cache)?.map((row) => row.id)).toEqual(['m1']);
    expect(recordsOf(cache, 'c1')?.map((each) => each.id)).toEqual(['m1']);
    expect(conversationsOf(cache)?.map((each) => each.title)).toEqual(['Hello']);
  });

  it('shows the newest of a batch on top', () => {
    const cache = loadedCache();
    applyEvents(cache, {}, [event({ breadcrumb_id: 'a' }), event({ breadcrumb_id: 'b' })]);
    expect(trailOf(cache)?.map((row) => row.id)).toEqual(['b', 'a']);
  });

  it('changes nothing when an event comes a second time', () => {
    const cache = loadedCache();
    applyEvents(cache, {}, [event({})]);
    const [trail, records] = [trailOf(cache), recordsOf(cache, 'c1')];
    applyEvents(cache, {}, [event({})]);
    expect(trailOf(cache)).toBe(trail);
    expect(recordsOf(cache, 'c1')).toBe(records);
  });

  it('leaves alone what is not loaded', () => {
    const cache = new QueryClient();
    const applied = applyEvents(cache, {}, [event({})]);
    expect(trailOf(cache)).toBeUndefined();
    expect(recordsOf(cache, 'c1')).toBeUndefined();
    expect(applied.incomplete).toEqual([]);
  });

  it('removes what was deleted and says so on the trail', () => {
    const cache = loadedCache();
    const { context: _context, ...bare } = event({
      type: 'breadcrumb.deleted',
      version: 2,
      seq: 2,
    });
    applyEvents(cache, {}, [event({}), bare]);
    expect(recordsOf(cache, 'c1')).toEqual([]);
    expect(conversationsOf(cache)).toEqual([]);
    expect(trailOf(cache)?.[0]).toMatchObject({ id: 'm1', action: 'deleted' });
  });

  it('names records whose context was too large to travel', () => {
    const cache = loadedCache();
    const { context: _context, ...bare } = event({});
    expect(applyEvents(cache, {}, [bare]).incomplete).toEqual([
      { id: 'm1', conversation_id: 'c1' },
    ]);
  });

  it('keeps the text on its way until the answer is there', () => {
    const cache = loadedCache();
    const delta: StreamEvent = {
      type: 'agent.delta',
      kind: 'text',
      owner_id: 'o',
      conversation_id: 'c1',
      run_id: 'r1',
      trigger_id: 'm1',
      agent_id: 'a',
      index: 0,
      text: 'It is',
    };
    const { drafts } = applyEvents(cache, {}, [delta]);
    expect(drafts['r1']?.text).toBe('It is');
    const answer = event({
      breadcrumb_id: 'r',
      schema_name: 'agent.response.v1',
      context: { run_id: 'r1', content: 'It is 397.8.' },
    });
    expect(applyEvents(cache, drafts, [answer]).drafts).toEqual({});
  });

  it('asks for one reading of everything after a resync', () => {
    const resync: StreamEvent = { type: 'resync', seq: 9, reason: 'too old' };
    expect(applyEvents(loadedCache(), {}, [resync, resync]).needs_resync).toBe(true);
    expect(applyEvents(loadedCache(), {}, [event({})]).needs_resync).toBe(false);
  });
});
