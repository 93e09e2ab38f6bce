import type { AgentDelta, AgentStatus } from '@cairn/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dropRun, followRun, type RunDrafts } from './run-drafts.ts';

const base = {
  owner_id: 'o',
  conversation_id: 'c',
  run_id: 'r',
  trigger_id: 'm',
  agent_id: 'a',
};
const delta = (index: number, text: string, run_id = 'r'): AgentDelta => ({
  type: 'agent.delta',
  kind: 'text',
  ...base,
  run_id,
  index,
  text,
});
const status = (value: AgentStatus['status'], detail: string | null = null): AgentStatus => ({
  type: 'agent.status',
  ...base,
  status: value,
  detail,
});

describe('followRun', () => {
  it('puts pieces together in order', () => {
    const drafts = [delta(0, 'The '), delta(1, 'answer')].reduce<RunDrafts>(followRun, {});
    expect(drafts['r']).toMatchObject({ text: 'The answer', has_gap: false });
  });

  it('ignores later pieces that it has seen, however often they are sent again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 5 }), { maxLength: 12 }),
        fc.nat(),
        (texts, cut) => {
          const pieces = texts.map((text, index) => delta(index, text));
          const again = pieces.slice(1 + (cut % (pieces.length + 1)));
          const drafts = [...pieces, ...again].reduce<RunDrafts>(followRun, {});
          expect(drafts['r']?.text ?? '').toBe(texts.join(''));
        },
      ),
    );
  });

  it('begins again with a run that another worker took over', () => {
    const drafts = [
      delta(0, 'Half an ans'),
      delta(0, 'The '),
      delta(1, 'answer'),
    ].reduce<RunDrafts>(followRun, {});
    expect(drafts['r']).toMatchObject({ text: 'The answer', has_gap: false });
  });

  it('keeps what the model thinks apart from what it says, without missing a piece', () => {
    const thought: AgentDelta = { ...delta(0, 'let me see'), kind: 'reasoning' };
    const drafts = [thought, delta(1, 'The answer')].reduce<RunDrafts>(followRun, {});
    const kept = { text: 'The answer', reasoning: 'let me see', has_gap: false };
    expect(drafts['r']).toMatchObject(kept);
  });

  it('starts a new paragraph after a tool was asked', () => {
    const asked = followRun(followRun({}, delta(0, 'Let me see.')), status('waiting_for_tools'));
    expect(followRun(asked, delta(1, 'It is 2.'))['r']?.text).toBe('Let me see.\n\nIt is 2.');
  });

  it('notes that a piece is missing', () => {
    const drafts = [delta(0, 'a'), delta(2, 'c')].reduce<RunDrafts>(followRun, {});
    expect(drafts['r']).toMatchObject({ text: 'ac', has_gap: true });
  });

  it('follows the status, and text means that nothing is waited for any more', () => {
    const waiting = followRun({}, status('waiting_for_tools', 'calculator'));
    expect(waiting['r']).toMatchObject({ status: 'waiting_for_tools', detail: 'calculator' });
    expect(followRun(waiting, delta(0, 'x'))['r']).toMatchObject({
      status: 'thinking',
      detail: null,
    });
  });

  it('forgets the oldest of very many runs', () => {
    const many = Array.from({ length: 200 }, (_, at) => delta(0, 'x', `run-${at}`));
    const drafts = many.reduce<RunDrafts>(followRun, {});
    expect(Object.keys(drafts)).toHaveLength(64);
    expect(drafts['run-199']).toBeDefined();
    expect(drafts['run-0']).toBeUndefined();
  });
});

describe('dropRun', () => {
  it('removes one run and leaves the others', () => {
    const drafts = [delta(0, 'a', 'one'), delta(0, 'b', 'two')].reduce<RunDrafts>(followRun, {});
    expect(Object.keys(dropRun(drafts, 'one'))).toEqual(['two']);
    expect(dropRun(drafts, 'three')).toBe(drafts);
  });
});
