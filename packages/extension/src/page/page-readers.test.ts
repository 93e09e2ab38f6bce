import { ContextConfig, type ContextSource } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { PAGE_SOURCE, readerConfig, readersIn } from './page-readers.ts';

describe('the agents that are shown pages', () => {
  it('are those whose configuration names the schema or the tag', () => {
    expect(
      readersIn([
        { consumer_id: 'a', sources: [PAGE_SOURCE] },
        { consumer_id: 'b', sources: [{ filters: { any_tags: ['browser:active-tab'] } }] },
        { consumer_id: 'c', sources: [{ schema_name: 'note.v1' }] },
        { consumer_id: 'a', sources: [] },
        { sources: [PAGE_SOURCE] },
        'nonsense',
        null,
      ]),
    ).toEqual({ configured: ['a', 'b', 'c'], readers: ['a', 'b'] });
  });

  it('are as the configuration that we make says', () => {
    const { context, schema_name } = readerConfig('chat');
    expect(schema_name).toBe('context.config.v1');
    expect(readersIn([context])).toEqual({ configured: ['chat'], readers: ['chat'] });
    const { sources } = context as { sources: ContextSource[] };
    // The conversation must be named: a source of the conversation takes the place of the built-in one.
    expect(sources.map((each) => each.schema_name)).toEqual([
      'user.message.v1',
      'agent.response.v1',
      'browser.tab.context.v1',
    ]);
    expect(Object.keys(context as object).every((key) => key in ContextConfig.properties)).toBe(
      true,
    );
  });
});
