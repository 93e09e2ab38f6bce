import { expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { startTestProgram, type TestProgram } from './testing.ts';

/** Puts a delivery in a queue that no worker reads, so that it stays as it is. */
async function put({ db }: TestProgram, owner_id: string, state: string, columns: object = {}) {
  const { queue, attempts, due_at } = { queue: 'nobody', attempts: 0, due_at: null, ...columns };
  await db.query({
    text: `insert into deliveries (id, queue, owner_id, dedupe_key, payload, state, attempts, due_at, max_attempts)
      values ($1, $2, $3, gen_random_uuid()::text, '{}', $4, $5, coalesce($6::timestamptz, '2020-01-01T00:00:00Z'), 5)`,
    values: [newId(), queue, owner_id, state, attempts, due_at],
  });
}

const LATER = '2999-01-01T00:00:00Z';
const EMPTY = {
  waiting: 0,
  running: 0,
  delayed: 0,
  retrying: 0,
  dead: 0,
  oldest_due_at: null,
};

it('tells curators what waits, runs, is put off, is tried again and was given up in their tenant', async () => {
  const program = await startTestProgram();
  const owner_id = newId();
  const token = await program.token({ owner_id });
  await put(program, owner_id, 'pending');
  await put(program, owner_id, 'pending', { attempts: 2, due_at: '2021-01-01T00:00:00Z' });
  await put(program, owner_id, 'running', { attempts: 1 });
  await put(program, owner_id, 'pending', { due_at: LATER });
  await put(program, owner_id, 'pending', { due_at: LATER, attempts: 1 });
  await put(program, owner_id, 'dead');
  await put(program, owner_id, 'done');
  await put(program, newId(), 'pending');
  const { status, body } = await program.request('GET', '/v1/queues', { token });
  expect(status).toBe(200);
  expect(body).toEqual([
    ...['agents', 'agent-chores', 'agent-contexts', 'tools', 'webhooks'].map((queue) => ({
      queue,
      ...EMPTY,
    })),
    {
      queue: 'nobody',
      waiting: 2,
      running: 1,
      delayed: 1,
      retrying: 1,
      dead: 1,
      oldest_due_at: '2020-01-01T00:00:00.000Z',
    },
  ]);
});

it('is for curators only', async () => {
  const program = await startTestProgram();
  const token = await program.token({ roles: ['emitter', 'subscriber'] });
  expect((await program.request('GET', '/v1/queues', { token })).status).toBe(403);
});
