import { textSetting } from '../base/index.ts';

export const BUS_SETTINGS = {
  nats_url: textSetting({
    env: 'NATS_URL',
    description:
      'NATS server for hints between processes, as nats://…; without it PostgreSQL carries them.',
    fallback: null,
    is_secret: true,
  }),
};
