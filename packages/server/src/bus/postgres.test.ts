import { openPostgres } from '../db/index.ts';
import { POSTGRES_URL } from '../db/testing.ts';
import { describeBus } from './bus.conformance.ts';
import { createPostgresBus } from './postgres.ts';

describeBus({
  name: 'PostgreSQL',
  skip: POSTGRES_URL === undefined ? 'set CAIRN_TEST_POSTGRES_URL' : undefined,
  server: { url: POSTGRES_URL ?? '', default_port: 5432 },
  async open(space, url, log) {
    const db = await openPostgres({ url, pool_size: 2, schema: space, log });
    const bus = createPostgresBus(db, log);
    return {
      ...bus,
      async close() {
        await bus.close();
        await db.exec(`drop schema if exists "${space}"`).catch(() => {});
        await db.close();
      },
    };
  },
});
