import { choiceSetting, integerSetting } from '../../base/index.ts';

const days = (env: string, what: string, fallback: number) =>
  integerSetting({
    env,
    description: `Days that ${what} are kept.`,
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
  events_days: days('EVENT_RETENTION_DAYS', 'events', 30),
  history_days: days('HISTORY_RETENTION_DAYS', 'former versions', 365),
  idempotency_days: days('IDEMPOTENCY_RETENTION_DAYS', 'idempotency keys', 7),
  done_deliveries_days: days('DONE_RETENTION_DAYS', 'finished deliveries', 7),
  dead_deliveries_days: days('DEAD_RETENTION_DAYS', 'dead letters', 90),
};
