import { describe, expect, it } from 'vitest';
import { readLostEvent } from './read-lost-event.ts';

describe('the event of a dead letter', () => {
  it('tells of its breadcrumb, by itself or wrapped', () => {
    const event = { breadcrumb_id: '0190', title: 'An order', tags: [] };
    expect(readLostEvent(event)).toEqual({ breadcrumb_id: '0190', title: 'An order' });
    expect(readLostEvent({ type: 'x', data: event })?.title).toBe('An order');
    expect(readLostEvent({ breadcrumb_id: '0190', title: '' })?.title).toBe('Without a title');
  });

  it.each([null, 'text', {}, { data: [] }])('of %j tells of none', (payload) => {
    expect(readLostEvent(payload)).toBeNull();
  });
});
