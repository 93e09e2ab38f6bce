import { describe, expect, it } from 'vitest';
import { readConfig } from './read-config.ts';

const read = (more: object) => readConfig({ consumer_id: 'a', sources: [], ...more });

describe('a configuration of contexts', () => {
  it.each([
    [{}],
    [{ update_triggers: [] }],
    [{ update_triggers: [{ schema_name: 'user.message.v1', any_tags: ['user:message'] }] }],
    [{ update_triggers: ['user.message.v1'] }],
    [{ output: { schema_name: 'agent.context.v1', tags: ['x'] } }],
    [{ formatting: { enable_summarization: false } }],
  ])('counts when it asks for what is done: %j', (more) => {
    expect(read(more)).toHaveProperty('config');
  });

  it.each([
    [
      { update_triggers: ['user.message.v1', { schema_name: 'tool.response.v1' }] },
      /^\/update_triggers\/1: a context is gathered when a user\.message\.v1 comes/,
    ],
    [{ update_triggers: [{ any_tags: ['x'] }] }, /^\/update_triggers\/0/],
    [{ output: { schema_name: 'my.context.v1' } }, /^\/output\/schema_name: .* not as my\.context/],
    [
      { formatting: { enable_summarization: true } },
      /^\/formatting\/enable_summarization: nothing/,
    ],
    [{ sources: 'all' }, /^\/sources must be array/],
  ])('does not count when it asks for more, and says why: %j', (more, reason) => {
    expect(read(more)).toEqual({ reason: expect.stringMatching(reason) });
  });
});
