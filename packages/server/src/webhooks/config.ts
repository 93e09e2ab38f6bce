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
};
