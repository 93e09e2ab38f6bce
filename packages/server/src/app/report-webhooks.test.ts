import type { WebhookAttempt } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { toWebhookRun } from './report-webhooks.ts';

const webhook = {
  owner_id: newId(),
  endpoint_id: newId(),
  webhook_id: 'evt_7_x',
  breadcrumb_id: newId(),
  outcome: 'dead',
} as const;

function attempt(number: number, given: Partial<WebhookAttempt> = {}): WebhookAttempt {
  return {
    id: newId(),
    webhook_id: webhook.webhook_id,
    breadcrumb_id: webhook.breadcrumb_id,
    seq: 7,
    attempt: number,
    outcome: 'failed',
    status: 503,
    error: 'answered 503',
    duration_ms: 250,
    created_at: `2026-01-01T00:0${number}:00.000Z`,
    ...given,
  };
}

describe('a webhook as a run', () => {
  it('has a step for each attempt, and the last one’s reason when it was given up', () => {
    const attempts = [attempt(1), attempt(2, { status: null, error: 'no answer came' })];
    const run = toWebhookRun(webhook, attempts);
    expect(run).toMatchObject({
      agent_id: 'cairn.webhooks',
      status: 'failure',
      started_at: '2026-01-01T00:00:59.750Z',
      ended_at: '2026-01-01T00:02:00.000Z',
      failures: [
        {
          step_id: attempts[1]?.id,
          failure_type: 'tool',
          failure_code: 'no_answer',
          message: 'no answer came',
        },
      ],
      breadcrumb_id: webhook.breadcrumb_id,
    });
    expect(run?.steps.map(({ seq, metadata }) => [seq, metadata])).toEqual([
      [0, { attempt: 1, status: 503 }],
      [1, { attempt: 2, status: null }],
    ]);
    // The same again is the same run.
    expect(toWebhookRun(webhook, attempts)).toEqual(run);
    expect(toWebhookRun({ ...webhook, webhook_id: 'evt_8_x' }, attempts)?.run_id).not.toBe(
      run?.run_id,
    );
  });

  it('is a success when it was taken in the end, and nothing when nothing is on record', () => {
    const attempts = [attempt(1), attempt(2, { outcome: 'delivered', status: 200, error: null })];
    const run = toWebhookRun({ ...webhook, outcome: 'delivered' }, attempts);
    expect([run?.status, run?.failures, run?.steps.length]).toEqual(['success', [], 2]);
    expect(toWebhookRun(webhook, [])).toBeNull();
  });
});
