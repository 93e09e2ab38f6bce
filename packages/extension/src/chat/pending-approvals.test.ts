import type { LiveRecord } from '@cairn/web';
import { describe, expect, it } from 'vitest';
import { approvalsIn } from './pending-approvals.ts';

function record(id: string, schema_name: string, context: unknown): LiveRecord {
  return {
    id,
    schema_name,
    context,
    title: `title of ${id}`,
    tags: [],
    version: 1,
    updated_at: '',
  };
}

const request = (id: string, approval_id: string) =>
  record(id, 'approval.request.v1', {
    approval_id,
    run_id: 'run',
    tool: 'send',
    input: { to: 'Ann' },
    message: 'chat wants to use the tool send.',
    expires_at: '2026-01-01T00:00:00Z',
  });

describe('the approvals of a conversation', () => {
  it('wait until there is a decision about them', () => {
    const records = [
      request('1', 'a'),
      request('2', 'b'),
      record('3', 'approval.response.v1', { approval_id: 'b', decision: 'deny' }),
      record('4', 'user.message.v1', { approval_id: 'a', decision: 'approve' }),
      record('5', 'approval.response.v1', { approval_id: 'a', decision: 'perhaps' }),
    ];
    expect(approvalsIn(records)).toEqual([
      {
        id: 'a',
        breadcrumb_id: '1',
        run_id: 'run',
        tool: 'send',
        input: { to: 'Ann' },
        message: 'chat wants to use the tool send.',
        expires_at: Date.parse('2026-01-01T00:00:00Z'),
        decision: null,
      },
      expect.objectContaining({ id: 'b', decision: 'deny' }),
    ]);
  });

  it('take nothing for granted about what somebody wrote', () => {
    expect(approvalsIn([record('1', 'approval.request.v1', null)])).toEqual([]);
    expect(approvalsIn([record('1', 'approval.request.v1', { approval_id: 'a' })])).toEqual([
      expect.objectContaining({
        tool: 'unknown tool',
        message: 'title of 1',
        expires_at: null,
        run_id: null,
      }),
    ]);
  });
});
