import { choiceSetting, integerSetting, textSetting } from '../base/index.ts';

export const RUNS_SETTINGS = {
  privacy: choiceSetting({
    env: 'RUNS_PRIVACY',
    description:
      'What to do with private data in reports of runs where a tenant has no policy of its own: refuse the report, or take them out. Spans of OpenTelemetry are never refused for it by this setting.',
    fallback: 'reject',
    choices: ['reject', 'redact', 'allow'],
  }),
  retention_days: integerSetting({
    env: 'RUNS_RETENTION_DAYS',
    description:
      'Days that runs are kept where a tenant has no policy of its own; they go a week at a time.',
    fallback: 90,
    min: 1,
    max: 3_650,
  }),
  rollups_days: integerSetting({
    env: 'RUNS_ROLLUPS_DAYS',
    description: 'Days that statistics of runs are kept, also when the runs themselves are gone.',
    fallback: 400,
    min: 1,
    max: 3_650,
  }),
  silent_after_s: integerSetting({
    env: 'RUNS_SILENT_AFTER_S',
    description:
      'Seconds after which a run that is reported in pieces, and of which nothing was heard, is closed as partial.',
    fallback: 600,
    min: 10,
    max: 604_800,
  }),
  drift_interval_s: integerSetting({
    env: 'DRIFT_INTERVAL_SECONDS',
    description: 'How often behaviour is compared with each active baseline.',
    fallback: 3_600,
    min: 60,
    max: 604_800,
  }),
  drift_window_h: integerSetting({
    env: 'DRIFT_WINDOW_HOURS',
    description: 'The last full hours that are compared with it.',
    fallback: 24,
    min: 1,
    max: 8_760,
  }),
  ingest_url: textSetting({
    env: 'INGEST_DATABASE_URL',
    description:
      'PostgreSQL as the role that may only write runs, for the process role ingest; DATABASE_URL when absent.',
    fallback: null,
    is_secret: true,
  }),
  query_url: textSetting({
    env: 'QUERY_DATABASE_URL',
    description:
      'PostgreSQL as the role that may only read runs, for the process role query; DATABASE_URL when absent.',
    fallback: null,
    is_secret: true,
  }),
};
