import type { FullRun, Run, RunExtras, RunSummary } from '@cairn/protocol';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { sendJson, sendProblem, startStubServer, testTiming } from '../../test/stub-server.ts';
import { CairnClient } from '../client.ts';
import { systemTiming } from '../timing.ts';
import type { RunListQuery, RunPage } from './run-types.ts';

/** What is called, what must arrive (method, address, body) and, unless it goes out once, that it is tried again. */
type Case = [
  call: (client: CairnClient) => Promise<unknown>,
  request: [method: string, address: string, body?: unknown],
  tries?: 'again',
];

const rule = { any_tags: ['a'] };
const grant = { breadcrumb_id: 'b', grantee_agent_id: 'a', action: 'update' } as const;
const secret = { name: 'KEY', scope_type: 'global', value: 'v' } as const;
const hook = { url: 'https://example.com/hook' };
const signing = { secret: 'a-signing-secret', expire_previous_in_s: 60 };

const run = {
  run_id: 'r',
  agent_id: 'a',
  agent_version: '1',
  status: 'success',
  started_at: '2026-01-01T00:00:00Z',
} as const;
const start = { run_id: 'r', agent_id: 'a', agent_version: '1', started_at: run.started_at };
const step = {
  seq: 0,
  step_type: 'tool',
  name: 'look up',
  latency_ms: 5,
  started_at: run.started_at,
  ended_at: run.started_at,
} as const;
const failure = { failure_type: 'tool', failure_code: 'timeout', message: 'Too slow' } as const;
const end = { status: 'failure', failure } as const;
const policy = { environment: 'test', privacy: 'reject', retention_days: 7 } as const;
const behaviour = {
  agent_id: 'a',
  agent_version: '1',
  environment: 'test',
  window_start: '2026-01-01T00:00:00Z',
  window_end: '2026-01-02T00:00:00Z',
};
const baseline = { profile: behaviour, baseline_type: 'version', auto_activate: true } as const;
const question = { model: 'demo', messages: [{ role: 'user' as const, content: 'Hello' }] };

const CASES: Case[] = [
  [(c) => c.getBreadcrumb('b', { view: 'llm' }), ['GET', '/breadcrumbs/b?view=llm'], 'again'],
  [(c) => c.createStreamTicket(), ['POST', '/events/tickets'], 'again'],

  [(c) => c.approvals.list({ state: 'pending' }), ['GET', '/approvals?state=pending'], 'again'],
  [
    (c) => c.approvals.approve('a', 'fine'),
    ['POST', '/approvals/a', { decision: 'approve', comment: 'fine' }],
  ],
  [(c) => c.approvals.deny('a'), ['POST', '/approvals/a', { decision: 'deny' }]],
  [(c) => c.tenants.list(), ['GET', '/tenants'], 'again'],
  [(c) => c.tenants.get('t'), ['GET', '/tenants/t'], 'again'],
  [(c) => c.tenants.setName('t', 'Acme'), ['PUT', '/tenants/t', { name: 'Acme' }], 'again'],
  [(c) => c.tenants.delete('t'), ['DELETE', '/tenants/t']],

  [(c) => c.agents.list(), ['GET', '/agents'], 'again'],
  [(c) => c.agents.get('a/b'), ['GET', '/agents/a%2Fb'], 'again'],
  [
    (c) => c.agents.setRoles('a', ['emitter']),
    ['POST', '/agents/a', { roles: ['emitter'] }],
    'again',
  ],
  [(c) => c.agents.delete('a'), ['DELETE', '/agents/a']],

  [(c) => c.grants.list(), ['GET', '/acl'], 'again'],
  [(c) => c.grants.grant(grant), ['POST', '/acl/grant', grant], 'again'],
  [(c) => c.grants.revoke(grant), ['POST', '/acl/revoke', grant]],

  [(c) => c.selectors.create(rule), ['POST', '/subscriptions/selectors', rule]],
  [(c) => c.selectors.list(), ['GET', '/subscriptions/selectors'], 'again'],
  [(c) => c.selectors.replace('s', rule), ['PUT', '/subscriptions/selectors/s', rule], 'again'],
  [(c) => c.selectors.remove('s'), ['DELETE', '/subscriptions/selectors/s']],

  [(c) => c.secrets.create(secret), ['POST', '/secrets', secret]],
  [
    (c) => c.secrets.list({ scope_type: 'agent', scope_id: 'a', name: 'KEY', limit: 2 }),
    ['GET', '/secrets?scope_type=agent&scope_id=a&name=KEY&limit=2'],
    'again',
  ],
  [(c) => c.secrets.get('s'), ['GET', '/secrets/s'], 'again'],
  [(c) => c.secrets.update('s', 'v2'), ['PUT', '/secrets/s', { value: 'v2' }], 'again'],
  [(c) => c.secrets.delete('s'), ['DELETE', '/secrets/s']],
  [
    (c) => c.secrets.decrypt('s', 'to send mail'),
    ['POST', '/secrets/s/decrypt', { reason: 'to send mail' }],
    'again',
  ],
  [(c) => c.secrets.audit({ limit: 2 }), ['GET', '/secrets/audit?limit=2'], 'again'],
  [
    (c) => c.secrets.audit({ secret_id: 's', cursor: 'x' }),
    ['GET', '/secrets/s/audit?cursor=x'],
    'again',
  ],
  [(c) => c.secrets.grant('s', 'a'), ['POST', '/secrets/s/grants', { agent_id: 'a' }], 'again'],
  [(c) => c.secrets.listGrants('s'), ['GET', '/secrets/s/grants'], 'again'],
  [(c) => c.secrets.revoke('s', 'a'), ['DELETE', '/secrets/s/grants/a']],

  [(c) => c.webhooks.create('a', hook), ['POST', '/agents/a/webhooks', hook]],
  [(c) => c.webhooks.list('a'), ['GET', '/agents/a/webhooks'], 'again'],
  [
    (c) => c.webhooks.list('a', { include_inactive: true }),
    ['GET', '/agents/a/webhooks?include_inactive=true'],
    'again',
  ],
  [(c) => c.webhooks.remove('a', 'w'), ['DELETE', '/agents/a/webhooks/w']],
  [(c) => c.webhooks.setSecret('a', signing), ['POST', '/agents/a/secret', signing]],
  [(c) => c.webhooks.rotateSecret('a', 'w'), ['POST', '/agents/a/webhooks/w/rotate-secret', {}]],
  [
    (c) => c.webhooks.rotateSecret('a', 'w', signing),
    ['POST', '/agents/a/webhooks/w/rotate-secret', signing],
  ],
  [
    (c) => c.webhooks.listAttempts('a', 'w', { limit: 1 }),
    ['GET', '/agents/a/webhooks/w/attempts?limit=1'],
    'again',
  ],

  [
    (c) => c.dead_letters.list({ endpoint_id: 'w', agent_id: 'a', cursor: 'x' }),
    ['GET', '/dlq?endpoint_id=w&agent_id=a&cursor=x'],
    'again',
  ],
  [(c) => c.dead_letters.delete('d'), ['DELETE', '/dlq/d']],
  [(c) => c.dead_letters.retry('d'), ['POST', '/dlq/d/retry']],
  [(c) => c.dead_letters.retryMany(), ['POST', '/dlq/retry', {}]],
  [(c) => c.dead_letters.retryMany({ agent_id: 'a' }), ['POST', '/dlq/retry', { agent_id: 'a' }]],

  [
    (c) => c.runs.list({ agent_id: 'a', status: 'failure', fields: 'summary', count: true }),
    ['GET', '/runs?agent_id=a&status=failure&fields=summary&count=true'],
    'again',
  ],
  [(c) => c.runs.get('r/1'), ['GET', '/runs/r%2F1'], 'again'],
  [
    (c) => c.runs.get('r', { view: 'full', steps_max: 0 }),
    ['GET', '/runs/r?view=full&steps_max=0'],
    'again',
  ],
  [(c) => c.runs.steps('r', { view: 'full' }), ['GET', '/runs/r/steps?view=full'], 'again'],
  [(c) => c.runs.failures('r'), ['GET', '/runs/r/failures'], 'again'],
  [(c) => c.runs.decisions('r'), ['GET', '/runs/r/decisions'], 'again'],
  [(c) => c.runs.signals('r'), ['GET', '/runs/r/signals'], 'again'],
  [
    (c) => c.runs.children('r', { view: 'full', cursor: 'x' }),
    ['GET', '/runs/r/children?view=full&cursor=x'],
    'again',
  ],
  [
    (c) => c.runs.listDecisions({ selected: 'search', min_confidence: 0 }),
    ['GET', '/decisions?selected=search&min_confidence=0'],
    'again',
  ],
  [
    (c) => c.runs.decisionsSummary({ environment: 'test' }),
    ['GET', '/decisions/summary?environment=test'],
    'again',
  ],
  [(c) => c.runs.listSignals(), ['GET', '/signals'], 'again'],
  [(c) => c.runs.listSignals({ value: true }), ['GET', '/signals?value=true'], 'again'],
  [
    (c) => c.runs.listSignals({ type: 'tool_failure', value: false }),
    ['GET', '/signals?type=tool_failure&value=false'],
    'again',
  ],
  [(c) => c.runs.signalsSummary(), ['GET', '/signals/summary'], 'again'],
  [(c) => c.runs.agents(), ['GET', '/runs/agents'], 'again'],
  [(c) => c.runs.stats({ agent_id: 'a' }), ['GET', '/stats?agent_id=a'], 'again'],
  [(c) => c.runs.latency(), ['GET', '/stats/latency'], 'again'],
  [(c) => c.runs.usage(), ['GET', '/stats/usage'], 'again'],
  [
    (c) => c.runs.timeseries({ bucket: 'day', metric: 'cost_usd' }),
    ['GET', '/stats/timeseries?bucket=day&metric=cost_usd'],
    'again',
  ],
  [
    (c) => c.runs.groups({ by: 'agent_version' }),
    ['GET', '/stats/groups?by=agent_version'],
    'again',
  ],
  [(c) => c.runs.failureKinds({ limit: 5 }), ['GET', '/stats/failures?limit=5'], 'again'],
  [
    (c) => c.runs.compare({ agent_id: 'a', a: '1', b: '2' }),
    ['GET', '/stats/compare?agent_id=a&a=1&b=2'],
    'again',
  ],
  [(c) => c.runs.report(run), ['POST', '/runs', run], 'again'],
  [(c) => c.runs.reportBatch([run]), ['POST', '/runs/batch', { runs: [run] }], 'again'],
  [(c) => c.runs.start(start), ['POST', '/runs/start', start], 'again'],
  [(c) => c.runs.addSteps('r'), ['POST', '/runs/r/steps', {}], 'again'],
  [
    (c) => c.runs.addSteps('r', { steps: [step] }),
    ['POST', '/runs/r/steps', { steps: [step] }],
    'again',
  ],
  [(c) => c.runs.end('r', end), ['POST', '/runs/r/end', end], 'again'],
  [(c) => c.runs.policies(), ['GET', '/runs/policies'], 'again'],
  [(c) => c.runs.setPolicy(policy), ['PUT', '/runs/policies', policy], 'again'],

  [
    (c) => c.drift.list({ severity: 'high', resolved: false, offset: 100 }),
    ['GET', '/drift?severity=high&resolved=false&offset=100'],
    'again',
  ],
  [(c) => c.drift.get('d'), ['GET', '/drift/d'], 'again'],
  [(c) => c.drift.resolve('d'), ['POST', '/drift/d/resolve']],
  [(c) => c.drift.summary({ days: 30 }), ['GET', '/drift/summary?days=30'], 'again'],
  [(c) => c.drift.timeline({ agent_id: 'a' }), ['GET', '/drift/timeline?agent_id=a'], 'again'],
  [(c) => c.drift.profiles({ limit: 1 }), ['GET', '/drift/profiles?limit=1'], 'again'],
  [(c) => c.drift.createProfile(behaviour), ['POST', '/drift/profiles', behaviour], 'again'],
  [(c) => c.drift.getProfile('p'), ['GET', '/drift/profiles/p'], 'again'],
  [
    (c) => c.drift.baselines({ is_active: false }),
    ['GET', '/drift/baselines?is_active=false'],
    'again',
  ],
  [(c) => c.drift.createBaseline(baseline), ['POST', '/drift/baselines', baseline]],
  [(c) => c.drift.getBaseline('b'), ['GET', '/drift/baselines/b'], 'again'],
  [
    (c) => c.drift.approve('b', 'Ada'),
    ['POST', '/drift/baselines/b/approve', { approved_by: 'Ada' }],
  ],
  [(c) => c.drift.activate('b'), ['POST', '/drift/baselines/b/activate'], 'again'],
  [(c) => c.drift.deactivate('b'), ['POST', '/drift/baselines/b/deactivate'], 'again'],
  [(c) => c.drift.detect(behaviour), ['POST', '/drift/detect', behaviour], 'again'],

  [(c) => c.registry.agents({ limit: 2 }), ['GET', '/registry/agents?limit=2'], 'again'],
  [(c) => c.registry.tools(), ['GET', '/registry/tools'], 'again'],
  [(c) => c.registry.models(), ['GET', '/models'], 'again'],
  [(c) => c.registry.circuits(), ['GET', '/model-circuits'], 'again'],
  [(c) => c.registry.closeCircuit('f'), ['POST', '/model-circuits/f/close']],
  [(c) => c.registry.activateDefinition('d'), ['POST', '/definitions/d/activate']],
  [(c) => c.registry.stopRun('r'), ['POST', '/agent-runs/r/stop']],
  [(c) => c.agents.run(question, { timeout_ms: 30_000 }), ['POST', '/agents/run', question]],

  [(c) => c.ready(), ['GET', '/ready'], 'again'],
  [(c) => c.health(), ['GET', '/health'], 'again'],

  [(c) => c.hygiene.stats(), ['GET', '/hygiene/stats'], 'again'],
  [(c) => c.queues.list(), ['GET', '/queues'], 'again'],
  [(c) => c.hygiene.run(), ['POST', '/hygiene/run']],
  [(c) => c.hygiene.purge(), ['POST', '/admin/purge']],
];

describe('calls by subject', () => {
  it('send what the API takes, and repeat after a 503 only what does no harm', async () => {
    await using server = await startStubServer((_request, response) =>
      sendProblem(response, 'unavailable', 'Down'),
    );
    const options = { base_url: server.url, token: 't', max_retries: 1, timing: testTiming() };
    const client = new CairnClient(options);
    for (const [call, [method, address, body], tries] of CASES) {
      server.requests.length = 0;
      await expect(call(client)).rejects.toMatchObject({ code: 'unavailable', status: 503 });
      const seen = server.requests.map((each) => {
        const query = each.query.size > 0 ? `?${each.query}` : '';
        return [each.method, each.path + query, each.body];
      });
      const sent = [method, `/v1${address}`, body];
      expect(seen).toEqual(tries === 'again' ? [sent, sent] : [sent]);
    }
  });

  it('end with their signal', async () => {
    const stop = new AbortController();
    await using server = await startStubServer(() => stop.abort(new Error('enough')));
    const client = new CairnClient({ base_url: server.url, token: 't' });
    await expect(client.secrets.list({}, { signal: stop.signal })).rejects.toThrow('enough');
    await expect(client.hygiene.run({ signal: stop.signal })).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(1);
  });

  it('page by the Link header', async () => {
    await using server = await startStubServer((_request, response) =>
      sendJson(response, 200, [{ id: 'd' }], { link: '</v1/dlq?cursor=y>; rel="next"' }),
    );
    const client = new CairnClient({ base_url: server.url, token: 't' });
    const page = { items: [{ id: 'd' }], next_cursor: 'y' };
    await expect(client.dead_letters.list()).resolves.toEqual(page);
    await expect(client.secrets.list()).resolves.toEqual(page);
    await expect(client.secrets.audit()).resolves.toEqual(page);
    await expect(client.webhooks.listAttempts('a', 'w')).resolves.toEqual(page);
  });

  it.each([
    [1, true],
    [0, false],
  ])('say of %i rows that a grant was taken back: %s', async (rows, is_revoked) => {
    await using server = await startStubServer((_request, response) =>
      sendJson(response, 200, { rows }),
    );
    const client = new CairnClient({ base_url: server.url, token: 't' });
    await expect(client.grants.revoke(grant)).resolves.toBe(is_revoked);
  });

  it('say how many dead letters are sent again', async () => {
    await using server = await startStubServer((_request, response) =>
      sendJson(response, 200, { requeued: 3 }),
    );
    const client = new CairnClient({ base_url: server.url, token: 't' });
    await expect(client.dead_letters.retryMany()).resolves.toBe(3);
  });
});

describe('runs', () => {
  const open = (client_of: { url: string }) =>
    new CairnClient({ base_url: client_of.url, token: 't', max_retries: 1, timing: testTiming() });

  it('page with their total and the names of what was cut', async () => {
    const link = '</v1/runs?cursor=y>; rel="next"';
    const counted = { 'x-total-count': '10000', 'x-total-count-is-bounded': 'true' };
    await using server = await startStubServer(({ query }, response) =>
      query.has('count')
        ? sendJson(response, 200, [], { link, ...counted, 'lists-cut': 'steps, decisions' })
        : sendJson(response, 200, []),
    );
    const { runs } = open(server);
    const first = { items: [], next_cursor: 'y', total: 10_000, is_total_bounded: true };
    const cut = ['steps', 'decisions'];
    await expect(runs.list({ count: true })).resolves.toEqual({ ...first, lists_cut: cut });
    await expect(runs.children('r')).resolves.toEqual({
      items: [],
      next_cursor: null,
      total: null,
      is_total_bounded: false,
      lists_cut: [],
    });
  });

  it('are named by the client when they come without a name, once for all tries', async () => {
    await using server = await startStubServer((_request, response) =>
      sendProblem(response, 'unavailable', 'Down'),
    );
    const { runs } = open(server);
    const { run_id: _, ...unnamed } = run;
    await expect(runs.report(unnamed)).rejects.toThrow('Down');
    const [first, second] = server.to('/v1/runs').map(({ body }) => body);
    expect(first).toEqual({ ...unnamed, run_id: expect.stringMatching(/^[\da-f-]{36}$/) });
    expect(second).toEqual(first);
    await expect(runs.reportBatch([unnamed, run])).rejects.toThrow('Down');
    const [batch] = server.to('/v1/runs/batch').map(({ body }) => body);
    expect(batch).toEqual({ runs: [{ ...unnamed, run_id: expect.any(String) }, run] });
  });

  it('have the type of what was asked for', () => {
    const shapes = (runs: CairnClient['runs'], query: RunListQuery) => ({
      plain: runs.list({ status: 'failure' }),
      full: runs.list({ view: 'full' }),
      brief: runs.list({ view: 'full', fields: 'summary' }),
      unknown: runs.list(query),
    });
    type Shapes = ReturnType<typeof shapes>;
    expectTypeOf<Shapes['plain']>().resolves.toEqualTypeOf<RunPage<Run>>();
    expectTypeOf<Shapes['full']>().resolves.toEqualTypeOf<RunPage<FullRun>>();
    expectTypeOf<Shapes['brief']>().resolves.toEqualTypeOf<RunPage<RunSummary>>();
    expectTypeOf<Shapes['unknown']>().resolves.toEqualTypeOf<RunPage<Run | FullRun | RunSummary>>();
    expectTypeOf<FullRun>().toExtend<Run & RunExtras>();
  });

  it('of a batch are answered one by one', async () => {
    const results = [{ run_id: 'r', status: 201 }];
    await using server = await startStubServer((_request, response) =>
      sendJson(response, 200, { results }),
    );
    await expect(open(server).runs.reportBatch([run])).resolves.toEqual(results);
  });
});

describe('a run of three roles', () => {
  it('is waited for longer than other calls', async () => {
    const timing = testTiming();
    const limits: number[] = [];
    await using server = await startStubServer((_request, response) =>
      sendJson(response, 200, { final_answer: 'Yes' }),
    );
    const after: typeof timing.after = (ms, act) => {
      limits.push(ms);
      return systemTiming.after(ms, act);
    };
    const client = new CairnClient({
      base_url: server.url,
      token: 't',
      timeout_ms: 1_000,
      timing: { ...timing, after },
    });
    await expect(client.agents.run(question)).resolves.toEqual({ final_answer: 'Yes' });
    await client.agents.run(question, { timeout_ms: 5_000 });
    await client.agents.list();
    expect(limits).toEqual([200_000, 5_000, 1_000]);
  });
});

describe('the models', () => {
  it('come without the envelope of their wire', async () => {
    const model = { id: 'helper', object: 'model', created: 1, owned_by: 'cairn' };
    await using server = await startStubServer((_request, response) =>
      sendJson(response, 200, { object: 'list', data: [model] }),
    );
    const client = new CairnClient({ base_url: server.url, token: 't' });
    await expect(client.registry.models()).resolves.toEqual([model]);
  });
});

describe('search', () => {
  it('sends every field and says the mode', async () => {
    await using server = await startStubServer((_request, response) =>
      sendJson(response, 200, [{ id: 'b', score: 0.5 }], { 'search-mode': 'hybrid' }),
    );
    const client = new CairnClient({ base_url: server.url, token: 't' });
    const found = await client.search({
      q: 'march',
      qvec: [0.5, -1],
      nn: 3,
      tag: 'a',
      all_tags: ['b', 'c'],
      schema_name: 'note.v1',
      include_context: true,
    });
    expect(found).toEqual({ hits: [{ id: 'b', score: 0.5 }], mode: 'hybrid' });
    const [asked] = server.to('/v1/breadcrumbs/search');
    expect(asked?.query.getAll('all_tags')).toEqual(['b', 'c']);
    expect(Object.fromEntries(asked?.query ?? [])).toEqual({
      q: 'march',
      qvec: '0.5,-1',
      nn: '3',
      tag: 'a',
      all_tags: 'c',
      schema_name: 'note.v1',
      include_context: 'true',
    });
  });

  it('leaves out what is not asked for, and has no mode when none is said', async () => {
    await using server = await startStubServer((_request, response) => sendJson(response, 200, []));
    const client = new CairnClient({ base_url: server.url, token: 't' });
    const found = await client.search({ q: 'march', include_context: false });
    expect(found).toEqual({ hits: [], mode: null });
    expect(String(server.requests[0]?.query)).toBe('q=march');
  });
});

describe('metrics', () => {
  it('come as text', async () => {
    await using server = await startStubServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end('up 1\n');
    });
    const client = new CairnClient({ base_url: server.url, token: 't' });
    await expect(client.metrics()).resolves.toBe('up 1\n');
    expect(server.to('/v1/metrics')[0]?.headers.accept).toBe('text/plain');
  });

  it('fail as every call does', async () => {
    await using server = await startStubServer((_request, response) =>
      sendProblem(response, 'forbidden', 'Not you'),
    );
    const client = new CairnClient({ base_url: server.url, token: 't' });
    await expect(client.metrics()).rejects.toMatchObject({ code: 'forbidden', detail: 'Not you' });
  });
});
