import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LiveRecord } from '../live/record.ts';
import type { RunDraft } from '../live/run-drafts.ts';
import { assembleConversation, isTurnOpen } from './assemble-conversation.ts';

const make = (
  id: string,
  schema_name: string,
  context: unknown,
  tags: string[] = [],
): LiveRecord => ({
  id,
  title: `Title ${id}`,
  tags,
  schema_name,
  version: 1,
  updated_at: '2026-11-21T10:00:00Z',
  context,
});
const message = (id: string, content = 'Hi') => make(id, 'user.message.v1', { content });
const request = (id: string, run_id: string, requestId: string) =>
  make(id, 'tool.request.v1', {
    tool: 'calculator',
    input: { expression: '1+1' },
    requestId,
    run_id,
  });
const response = (id: string, requestId: string, fields: object = {}) =>
  make(
    id,
    'tool.response.v1',
    {
      tool: 'calculator',
      status: 'success',
      output: 2,
      error: null,
      execution_time_ms: 3,
      ...fields,
    },
    [`request:${requestId}`],
  );
const answer = (id: string, run_id: string, trigger_id: string, fields: object = {}) =>
  make(id, 'agent.response.v1', {
    content: 'It is 2.',
    run_id,
    status: 'completed',
    error: null,
    model: 'demo',
    usage: { input_tokens: 5, output_tokens: null },
    caused_by: { trigger_id },
    ...fields,
  });
const draft = (fields: Partial<RunDraft> = {}): RunDraft => ({
  run_id: 'r1',
  conversation_id: 'c',
  trigger_id: '1',
  text: '',
  reasoning: '',
  next_index: 0,
  has_gap: false,
  status: 'thinking',
  detail: null,
  ...fields,
});

describe('assembleConversation', () => {
  it('puts a whole turn together, in whatever order its records come', () => {
    const records = [
      message('1'),
      request('2', 'r1', 'q'),
      response('3', 'q'),
      answer('4', 'r1', '1'),
    ];
    const expected = assembleConversation(records, []);
    expect(expected).toHaveLength(1);
    expect(expected[0]?.message?.text).toBe('Hi');
    expect(expected[0]?.runs[0]).toMatchObject({
      phase: 'completed',
      text: 'It is 2.',
      model: 'demo',
      tokens: { input: 5, output: null },
      response_id: '4',
      tool_calls: [
        { tool: 'calculator', answer: { status: 'success', output: 2, execution_time_ms: 3 } },
      ],
    });
    fc.assert(
      fc.property(fc.shuffledSubarray(records, { minLength: 4 }), (shuffled) => {
        expect(assembleConversation(shuffled, [])).toEqual(expected);
      }),
    );
  });

  it('grows the text and then replaces it by the answer', () => {
    const writing = assembleConversation([message('1')], [draft({ text: 'It i' })]);
    expect(writing[0]?.runs[0]).toMatchObject({ phase: 'writing', text: 'It i' });
    const done = assembleConversation(
      [message('1'), answer('4', 'r1', '1')],
      [draft({ text: 'It i' })],
    );
    expect(done[0]?.runs).toHaveLength(1);
    expect(done[0]?.runs[0]).toMatchObject({ phase: 'completed', text: 'It is 2.' });
  });

  it('says which tool is waited for, from the records alone', () => {
    const [turn] = assembleConversation([message('1'), request('2', 'r1', 'q')], []);
    expect(turn?.runs[0]).toMatchObject({ phase: 'waiting_for_tools', detail: 'calculator' });
    expect(turn && isTurnOpen(turn)).toBe(true);
  });

  it('does not wait any more once all tools have answered, even if the status says so', () => {
    const records = [message('1'), request('2', 'r1', 'q'), response('3', 'q')];
    const late = draft({ status: 'waiting_for_tools', detail: 'calculator' });
    expect(assembleConversation(records, [late])[0]?.runs[0]?.phase).toBe('thinking');
  });

  it('shows why a run failed, before and after the answer is there', () => {
    const early = assembleConversation(
      [message('1')],
      [draft({ status: 'failed', detail: 'no key' })],
    );
    expect(early[0]?.runs[0]).toMatchObject({ phase: 'failed', error: { message: 'no key' } });
    const failed = {
      status: 'failed',
      content: '',
      error: { class: 'provider', message: 'no key' },
    };
    const [turn] = assembleConversation([message('1'), answer('2', 'r1', '1', failed)], []);
    expect(turn?.runs[0]?.error).toEqual({ class: 'provider', message: 'no key' });
    expect(turn && isTurnOpen(turn)).toBe(false);
  });

  it('marks a tool that failed', () => {
    const bad = response('3', 'q', { status: 'error', output: null, error: 'division by zero' });
    const [turn] = assembleConversation([message('1'), request('2', 'r1', 'q'), bad], []);
    expect(turn?.runs[0]?.tool_calls[0]?.answer).toMatchObject({
      status: 'error',
      error: 'division by zero',
    });
  });

  it('keeps turns and the runs of several agents apart', () => {
    const records = [
      message('1'),
      answer('2', 'r1', '1'),
      answer('3', 'r2', '1', { content: 'Two, I say.' }),
      message('4', 'And now?'),
      answer('5', 'r3', '4'),
    ];
    const turns = assembleConversation(records, []);
    expect(turns.map((turn) => turn.runs.map((run) => run.key))).toEqual([['r1', 'r2'], ['r3']]);
  });

  it('shows an answer whose message is not known', () => {
    const turns = assembleConversation([answer('2', 'r1', '1'), message('3')], []);
    expect(turns.map((turn) => turn.message?.id ?? null)).toEqual([null, '3']);
  });

  it('waits for an agent while a message has no run', () => {
    const [turn] = assembleConversation([message('1')], []);
    expect(turn?.runs).toEqual([]);
    expect(turn && isTurnOpen(turn)).toBe(true);
  });

  it('says that a person is waited for, what was thought, and that a run was stopped', () => {
    const waiting = draft({ status: 'waiting_for_approval', reasoning: 'Hm.' });
    const [turn] = assembleConversation([message('1'), request('2', 'r1', 'q')], [waiting]);
    expect(turn?.runs[0]).toMatchObject({
      phase: 'waiting_for_approval',
      reasoning: 'Hm.',
      run_id: 'r1',
    });
    const error = { class: 'stopped', message: 'Somebody stopped it.' };
    const stopped = answer('4', 'r1', '1', { status: 'stopped', error, usage: { cost_usd: 0.02 } });
    const [after] = assembleConversation([message('1'), stopped], []);
    expect(after?.runs[0]).toMatchObject({ phase: 'stopped', error, cost_usd: 0.02 });
    expect(after && isTurnOpen(after)).toBe(false);
  });

  it('knows from the record alone that a person is waited for, until somebody decided', () => {
    const asked = make('3', 'approval.request.v1', { approval_id: 'a', run_id: 'r1' });
    const records = [message('1'), request('2', 'r1', 'q'), asked];
    const phases = (more: LiveRecord[]) =>
      assembleConversation([...records, ...more], []).map(({ runs }) => runs[0]?.phase);
    expect(phases([])).toEqual(['waiting_for_approval']);
    expect(phases([make('4', 'approval.response.v1', { approval_id: 'a' })])).toEqual([
      'waiting_for_tools',
    ]);
  });

  it('ends a run that handed over, and says to whom', () => {
    const over = draft({ status: 'done', detail: 'handed over to clerk' });
    const [turn] = assembleConversation([message('1')], [over]);
    expect(turn?.runs[0]).toMatchObject({ phase: 'completed', text: 'handed over to clerk' });
    expect(turn && isTurnOpen(turn)).toBe(false);
  });

  it('takes contexts of any shape', () => {
    const schemas = ['user.message.v1', 'agent.response.v1', 'tool.request.v1', 'tool.response.v1'];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...schemas), fc.jsonValue()), { maxLength: 8 }),
        (parts) => {
          const records = parts.map(([schema, context], at) => make(String(at), schema, context));
          expect(() => assembleConversation(records, [])).not.toThrow();
        },
      ),
    );
  });
});
