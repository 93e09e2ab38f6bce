import { describe, expect, it } from 'vitest';
import { silentLog } from '../base/index.ts';
import { openNamedNats, openNamedPostgres } from './open-services.ts';

/** Nothing listens there, and no system gives it out. */
const DEAD = '127.0.0.1:1';

describe('a service that is not there', () => {
  it.each(['DATABASE_URL', 'INGEST_DATABASE_URL'] as const)(
    'is told by %s, its place and what to do, without the password',
    async (setting) => {
      const url = `postgres://cairn:hunter2@${DEAD}/x`;
      const opening = openNamedPostgres(setting, { url, pool_size: 2, log: silentLog });
      const message = await opening.then(String, (error: Error) => error.message);
      expect(message).toContain(
        `the PostgreSQL at ${DEAD}, which ${setting} names, cannot be used: connect ECONNREFUSED`,
      );
      expect(message).toContain(`Start it, or correct ${setting}`);
      expect(message).not.toContain('hunter2');
    },
  );

  it('is told by NATS_URL the same way', async () => {
    const opening = openNamedNats(`nats://cairn:hunter2@${DEAD}`, silentLog);
    const message = await opening.then(String, (error: Error) => error.message);
    expect(message).toContain(`the NATS server at ${DEAD}, which NATS_URL names, cannot be used: `);
    expect(message).not.toContain('hunter2');
  });
});
