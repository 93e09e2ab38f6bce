import { expect, it, onTestFinished } from 'vitest';
import { newId, silentLog } from '../../base/index.ts';
import { openTestDatabase } from '../../db/testing.ts';
import { createHttpServer } from '../../http/index.ts';
import { driftChangeRoutes, driftRoutes } from './drift-routes.ts';
import { Drift } from './drift.ts';
import { DriftStore } from './drift-store.ts';

async function open() {
  const drift = new Drift(new DriftStore(await openTestDatabase()));
  const owner_id = newId();
  const server = await createHttpServer(
    {
      version: '0.0.0',
      log: silentLog,
      trust: { is_local_only: false, origins: [] },
      authenticate: async () => ({ owner_id, agent_id: newId(), roles: ['curator'] }),
      authorize: () => {},
    },
    [],
    [driftRoutes(drift), driftChangeRoutes(drift)],
  );
  onTestFinished(() => server.close());
  return server;
}

it('routes of drift refuse as the original does where it has them', async () => {
  const server = await open();
  for (const [method, path, loc] of [
    ['GET', '/v1/drift/timeline', ['query', 'agent_id']],
    ['GET', '/v1/drift/not-an-id', ['path', 'id']],
    ['GET', '/v1/drift/profiles?limit=0', ['query', 'limit']],
    ['POST', '/v1/drift/not-an-id/resolve', ['path', 'id']],
  ] as const) {
    const answer = await server.inject({ method, url: path });
    const body = answer.json();
    expect([path, answer.statusCode, body.detail[0].loc]).toEqual([path, 422, loc]);
    expect(body).toMatchObject({ code: 'validation_failed', error: expect.any(String) });
  }
});

it('a baseline with private words is refused before its profile is looked for', async () => {
  const server = await open();
  const answer = await server.inject({
    method: 'POST',
    url: '/v1/drift/baselines',
    payload: {
      profile_id: newId(),
      baseline_type: 'manual',
      description: 'contact bob@example.com ssn 123-45-6789 password=hunter22',
    },
  });
  expect(answer.statusCode).toBe(422);
  expect(answer.payload).not.toMatch(/bob|123-45|hunter/);
});
