import { choiceSetting, integerSetting } from '../../base/index.ts';
import { AUTOMATIC_TTLS } from './automatic-ttl.ts';

const days = (env: string, what: string, fallback: number) =>
  integerSetting({
    env,
    description: `Days that ${what}.`,
    fallback,
    min: 1,
    max: 36_500,
  });

export const HYGIENE_SETTINGS = {
  enabled: choiceSetting({
    env: 'HYGIENE_ENABLED',
    description: 'Whether expired and old things are deleted by themselves.',
    fallback: 'true',
    choices: ['true', 'false'],
  }),
  interval_s: integerSetting({
    env: 'HYGIENE_INTERVAL_SECONDS',
    description: 'Time between two sweeps.',
    fallback: 300,
    min: 1,
    max: 86_400,
  }),
  report_minutes: integerSetting({
    env: 'HYGIENE_REPORT_MINUTES',
    description:
      'Least time between two updates of the system.hygiene.v1 record of a tenant; 0 writes none.',
    fallback: 60,
    min: 0,
    max: 525_600,
  }),
  events_days: days('EVENT_RETENTION_DAYS', 'events are kept', 30),
  absent_consumer_days: days(
    'EVENT_CONSUMER_ABSENCE_DAYS',
    'events are kept for a reader of the log that is gone',
    7,
  ),
  history_days: days('HISTORY_RETENTION_DAYS', 'former versions are kept', 365),
  idempotency_days: days('IDEMPOTENCY_RETENTION_DAYS', 'idempotency keys are kept', 7),
  done_deliveries_days: days('DONE_RETENTION_DAYS', 'finished deliveries are kept', 7),
  dead_deliveries_days: days('DEAD_RETENTION_DAYS', 'deliveries are kept that failed for good', 90),
  dead_letters_days: days('DLQ_RETENTION_DAYS', 'dead letters of webhooks are kept', 30),
  agent_idle_hours: integerSetting({
    env: 'HYGIENE_AGENT_IDLE_HOURS',
    description:
      'Hours without a new token after which an agent is deleted that a token made and that holds nothing; 0 keeps all.',
    fallback: 48,
    min: 0,
    max: 876_000,
  }),
  orphan_subscription_hours: integerSetting({
    env: 'HYGIENE_ORPHAN_SUBSCRIPTION_HOURS',
    description: 'Hours that the subscriptions of an agent are kept which no longer exists.',
    fallback: 24,
    min: 1,
    max: 876_000,
  }),
  health_check_minutes: integerSetting({
    env: 'HYGIENE_HEALTHCHECK_TTL_MINUTES',
    description: 'Minutes that health checks of tools live.',
    fallback: AUTOMATIC_TTLS.health_check_minutes,
    min: 1,
    max: 525_600,
  }),
  temp_data_hours: integerSetting({
    env: 'HYGIENE_TEMP_DATA_TTL_HOURS',
    description: 'Hours that temporary state and memory tagged memory:temp live.',
    fallback: AUTOMATIC_TTLS.temp_data_hours,
    min: 1,
    max: 876_000,
  }),
  agent_memory_hours: integerSetting({
    env: 'HYGIENE_AGENT_MEMORY_TTL_HOURS',
    description: 'Hours that other records of agent.memory live; 0 keeps them.',
    fallback: AUTOMATIC_TTLS.agent_memory_hours,
    min: 0,
    max: 876_000,
  }),
  log_days: days('HYGIENE_LOG_TTL_DAYS', 'logs of the system, agents and tools live', 30),
  metrics_days: days('HYGIENE_METRICS_TTL_DAYS', 'metrics live', 30),
  raw_metrics_days: days('HYGIENE_RAW_METRICS_TTL_DAYS', 'metrics tagged metrics:raw live', 7),
};
