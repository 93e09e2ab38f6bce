import { describe, expect, it } from 'vitest';
import { traceIdOf } from '../base/index.ts';
import type { Routes } from './server.ts';
import { HOST, openTestServer } from './testing.ts';

const routes: Routes = (server) => {
  server.get('/things/:id', { config: { access: 'public' } }, () => ({ ok: true }));
};
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

describe('the line that is logged of a request', () => {
  it('has its id and the trace of its caller, and its route instead of its address', async () => {
    const { server, logged } = await openTestServer([routes]);
    const traceparent = `00-${TRACE_ID}-b7ad6b7169203331-01`;
    const answer = await server.inject({
      url: '/things/7?access_token=t0p',
      headers: { host: HOST, traceparent },
    });
    const line: unknown = JSON.parse(logged().trim().split('\n').at(-1) ?? '');
    expect(line).toMatchObject({
      msg: 'answered',
      request_id: answer.headers['x-request-id'],
      trace_id: TRACE_ID,
      method: 'GET',
      route: '/things/:id',
      status: 200,
    });
    expect(logged()).not.toMatch(/t0p|things\/7/);
  });

  it.each(['', 'nonsense', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, '00-0af7-b7ad-01'])(
    'has no trace when the header says %j',
    async (traceparent) => {
      expect(traceIdOf(traceparent)).toBeNull();
      const { server, logged } = await openTestServer([routes]);
      await server.inject({ url: '/things/7', headers: { host: HOST, traceparent } });
      expect(JSON.parse(logged().trim().split('\n').at(-1) ?? '')).toMatchObject({
        trace_id: null,
      });
    },
  );
});
