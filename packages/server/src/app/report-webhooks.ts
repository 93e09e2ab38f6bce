import type { RunCreate, StepCreate, WebhookAttempt } from '@cairn/protocol';
import { deriveId } from '../runs/index.ts';
import type { Settled } from '../webhooks/index.ts';
import { VERSION } from './version.ts';

/**
 * A webhook as a run: each attempt at it is a step. It depends on nothing but what is on record, so that to report the
 * same webhook again changes nothing. Its address stays out, being as good as a key now and then.
 */
export function toWebhookRun(
  { webhook_id, breadcrumb_id, endpoint_id, outcome }: Settled,
  attempts: readonly WebhookAttempt[],
): RunCreate | null {
  const steps = attempts.map(toStep);
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last) return null;
  const failed = attempts.at(-1);
  return {
    run_id: deriveId(endpoint_id, 'webhook', webhook_id),
    agent_id: 'cairn.webhooks',
    agent_version: VERSION,
    environment: 'production',
    status: outcome === 'delivered' ? 'success' : 'failure',
    started_at: first.started_at,
    ended_at: last.ended_at,
    steps,
    failures:
      outcome === 'delivered'
        ? []
        : [
            {
              step_id: last.step_id,
              failure_type: 'tool',
              failure_code: failed?.status ? `http_${failed.status}` : 'no_answer',
              message: failed?.error ?? 'it was given up',
            },
          ],
    decisions: [],
    quality_signals: [],
    breadcrumb_id,
    metadata: { webhook_id, endpoint_id },
  };
}

function toStep(attempt: WebhookAttempt, seq: number): StepCreate {
  const { id, status, duration_ms, created_at, attempt: number } = attempt;
  const ended_ms = Date.parse(created_at);
  return {
    step_id: id,
    seq,
    step_type: 'tool',
    name: 'send webhook',
    latency_ms: duration_ms,
    started_at: new Date(ended_ms - duration_ms).toISOString(),
    ended_at: new Date(ended_ms).toISOString(),
    metadata: { attempt: number, status },
  };
}
