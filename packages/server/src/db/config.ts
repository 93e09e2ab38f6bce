import { integerSetting, textSetting } from '../base/index.ts';

export const DB_SETTINGS = {
  url: textSetting({
    env: 'DATABASE_URL',
    description:
      'PostgreSQL 15 or newer, as postgres://…; without it data is kept by an embedded PostgreSQL in the data folder.',
    fallback: null,
    is_secret: true,
  }),
  pool_size: integerSetting({
    env: 'DATABASE_POOL_SIZE',
    description: 'Connections to PostgreSQL of this process.',
    fallback: 10,
    min: 2,
    max: 200,
  }),
};
