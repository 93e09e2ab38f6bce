import type { AgentObserver } from '../agents/index.ts';
import type { Metrics } from '../base/index.ts';
import type { EventStore, StreamHub } from '../events/index.ts';
import type { DeliveryStore } from '../queue/index.ts';
import type { ToolRunnerPorts } from '../tools/index.ts';
import type { WebhooksPorts } from '../webhooks/index.ts';

/** What is worth a look before anybody complains: the process, the queues, and how far the log is behind. */
export function measureProcess(
  metrics: Metrics,
  { deliveries, events }: { deliveries: DeliveryStore; events: EventStore },
): void {
  metrics.collectProcess();
  metrics.gauge(
    'queue_deliveries',
    'Deliveries that are not finished.',
    ['queue', 'state'],
    async () => {
      const counts = await deliveries.unfinished();
      return counts.map(({ queue, state, n }) => ({ labels: { queue, state }, value: n }));
    },
  );
  metrics.gauge(
    'log_lag',
    'Events that a reader of the log has not taken in.',
    ['reader'],
    async () => {
      const lags = await events.lags();
      return lags.map(({ name, lag }) => ({ labels: { reader: name }, value: lag }));
    },
  );
}

export function measureStreams(metrics: Metrics, hub: StreamHub): void {
  metrics.gauge('event_streams', 'Open event streams of this process.', [], async () => [
    { labels: {}, value: hub.size },
  ]);
}

export function measureAgents(metrics: Metrics): AgentObserver {
  const processed = metrics.counter(
    'agent_events_processed_total',
    'Events that agents were to act on and that are dealt with.',
  );
  const calls = metrics.counter('agent_llm_calls_total', 'Calls of models.', ['status']);
  const took = metrics.duration(
    'agent_llm_duration_seconds',
    'Time that models took, retries included.',
    [],
    'slow',
  );
  return {
    event_processed: () => processed.add({}),
    model_called(status, ms) {
      calls.add({ status });
      took.observe({}, ms);
    },
  };
}

export function measureTools(metrics: Metrics): NonNullable<ToolRunnerPorts['observe']> {
  const executions = metrics.counter('tool_executions_total', 'Tools that were run.', [
    'tool',
    'status',
  ]);
  const errors = metrics.counter('tool_errors_total', 'Tools that ended with an error.', ['tool']);
  const took = metrics.duration(
    'tool_execution_duration_seconds',
    'Time that tools took.',
    ['tool'],
    'slow',
  );
  return (tool, status, ms) => {
    executions.add({ tool, status });
    if (status === 'error') errors.add({ tool });
    took.observe({ tool }, ms);
  };
}

export function measureWebhooks(metrics: Metrics): NonNullable<WebhooksPorts['observe']> {
  const total = metrics.counter('webhook_delivery_total', 'Attempts to deliver a webhook.', [
    'result',
  ]);
  const took = metrics.duration(
    'webhook_delivery_duration_seconds',
    'Time that receivers took.',
    ['result'],
    'slow',
  );
  return (outcome, ms) => {
    const result = outcome === 'delivered' ? 'success' : 'failed';
    total.add({ result });
    took.observe({ result }, ms);
  };
}
