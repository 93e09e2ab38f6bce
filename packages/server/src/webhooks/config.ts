import { choiceSetting, integerSetting } from '../base/index.ts';

export const WEBHOOKS_SETTINGS = {
  allow_private: choiceSetting({
    env: 'OUTBOUND_ALLOW_PRIVATE',
    description:
      'true lets webhooks reach this machine and private networks; by default only the public internet is reached.',
    fallback: 'false',
    choices: ['true', 'false'],
  }),
  concurrency: integerSetting({
    env: 'WEBHOOKS_CONCURRENCY',
    description: 'Webhooks that one process sends at the same time.',
    fallback: 32,
    min: 1,
    max: 1_000,
  }),
  endpoint_concurrency: integerSetting({
    env: 'WEBHOOKS_ENDPOINT_CONCURRENCY',
    description:
      'Webhooks that are sent to one endpoint at the same time, so that a slow one leaves room for the others.',
    fallback: 8,
    min: 1,
    max: 1_000,
  }),
  disable_after_days: integerSetting({
    env: 'WEBHOOKS_DISABLE_AFTER_DAYS',
    description: 'Days of nothing but failed attempts after which an endpoint is disabled.',
    fallback: 5,
    min: 1,
    max: 365,
  }),
};
