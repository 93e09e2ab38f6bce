import { integerSetting } from '../base/index.ts';

export const QUEUE_SETTINGS = {
  lease_s: integerSetting({
    env: 'LEASE_SECONDS',
    description: 'How long the work of a process that died waits before another takes it over.',
    fallback: 30,
    min: 2,
    max: 3_600,
  }),
};
