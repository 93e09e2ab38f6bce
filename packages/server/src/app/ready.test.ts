import { expect, it } from 'vitest';
import { startTestProgram } from './testing.ts';

it('is ready with the tables of this release, and not without one of them', async () => {
  const { request, db } = await startTestProgram();
  expect(await request('GET', '/ready')).toMatchObject({ status: 200, body: { status: 'ready' } });
  await db.query({
    text: 'delete from schema_migrations where name = (select max(name) from schema_migrations)',
  });
  const { status, body } = await request('GET', '/ready');
  expect([status, body.code, body.detail]).toEqual([
    503,
    'unavailable',
    'the database is not of this release',
  ]);
});
