import { describe, expect, it } from 'vitest';
import type { LiveRecord } from '../live/record.ts';
import { addMessage, groupConversations, removeMessage } from './group-conversations.ts';

const message = (
  id: string,
  at: string,
  conversation: string | null,
  content: string,
): LiveRecord => ({
  id,
  title: content,
  tags: conversation === null ? [] : [`session:${conversation}`],
  schema_name: 'user.message.v1',
  version: 1,
  updated_at: `2026-11-21T${at}:00Z`,
  context: { content },
});

describe('groupConversations', () => {
  const grouped = groupConversations([
    message('4', '10:04', 'two', 'other'),
    message('3', '10:03', 'one', 'second'),
    message('2', '10:01', 'one', 'first\nline'),
    message('1', '10:00', null, 'nowhere'),
  ]);

  it('names a conversation by its first message and puts the newest first', () => {
    expect(grouped.map((each) => [each.id, each.title])).toEqual([
      ['two', 'other'],
      ['one', 'first line'],
    ]);
  });

  it('moves a conversation up when a message comes, and counts each message once', () => {
    const later = message('5', '10:05', 'one', 'third');
    const next = addMessage(grouped, later);
    expect(next.map((each) => [each.id, each.message_ids.length])).toEqual([
      ['one', 3],
      ['two', 1],
    ]);
    expect(addMessage(next, later)).toBe(next);
  });

  it('shortens a long title and has one for an empty message', () => {
    const [long] = groupConversations([message('1', '10:00', 'c', 'x'.repeat(500))]);
    expect(long?.title).toHaveLength(80);
    expect(groupConversations([message('1', '10:00', 'c', ' ')])[0]?.title).toBe('Empty message');
  });

  it('drops a conversation with its last message', () => {
    expect(removeMessage(grouped, '4').map((each) => each.id)).toEqual(['one']);
    expect(removeMessage(grouped, 'unknown')).toBe(grouped);
  });
});
