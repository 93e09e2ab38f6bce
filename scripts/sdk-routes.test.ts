import { CairnClient, CairnError } from '@cairn/sdk';
import { describe, expect, it } from 'vitest';
import { startTestProgram } from '../packages/server/src/app/testing.ts';

/** Routes that the TypeScript client does not call, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'POST /v1/chat/completions': 'for clients of the OpenAI wire; `ask` is the call of this one',
  'GET /v1/models/{model}': 'for clients of the OpenAI wire; `registry.models` has each of them',
  'POST /v1/traces': 'for exporters of OpenTelemetry; the tracer reports runs',
  'POST /v1/mcp': 'for clients of MCP',
  'GET /v1/mcp': 'for clients of MCP',
  'DELETE /v1/mcp': 'for clients of MCP',
  'POST /v1/tenants/{id}': 'the same as PUT',
  'DELETE /v1/breadcrumbs/{id}/full': 'the same as without /full',
};

/** An id that nothing has. */
const ID = '00000000-0000-4000-8000-00000000dead';
const NOTE = { title: 'A note', tags: ['note'], context: { text: 'Hello' } };
const GRANT = { breadcrumb_id: ID, grantee_agent_id: ID, action: 'update' } as const;
const SIGNING = { secret: 'a-signing-secret-of-enough-characters' };
const BEGUN = { agent_id: 'a', agent_version: '1', started_at: '2026-01-01T00:00:00Z' };
const RUN = { ...BEGUN, status: 'success' } as const;
const WINDOW = {
  agent_id: 'a',
  agent_version: '1',
  environment: 'production',
  window_start: '2026-01-01T00:00:00Z',
  window_end: '2026-01-02T00:00:00Z',
};

type Call = (client: CairnClient) => Promise<unknown>;

/** A call for each route, with all that its query can hold where that is a list. */
const CALLS: Readonly<Record<string, Call>> = {
  'POST /v1/auth/token': (c) => c.system(),
  'GET /v1/system': (c) => c.system(),
  'GET /v1/health': (c) => c.health(),
  'GET /v1/ready': (c) => c.ready(),
  'GET /v1/metrics': (c) => c.metrics(),

  'POST /v1/breadcrumbs': (c) => c.createBreadcrumb(NOTE),
  'GET /v1/breadcrumbs': (c) =>
    c.listBreadcrumbs({
      any_tags: ['a', 'b'],
      all_tags: ['c'],
      tag: 'd',
      schema_name: 'note.v1',
      q: 'hello',
      limit: 5,
      include_context: true,
    }),
  'GET /v1/breadcrumbs/search': (c) =>
    c.search({ q: 'hello', nn: 3, tag: 'a', all_tags: ['b'], schema_name: 'note.v1' }),
  'GET /v1/breadcrumbs/{id}': (c) => c.getBreadcrumb(ID, { view: 'llm' }),
  'PATCH /v1/breadcrumbs/{id}': (c) => c.updateBreadcrumb(ID, { title: 'B' }, { version: 1 }),
  'DELETE /v1/breadcrumbs/{id}': (c) => c.deleteBreadcrumb(ID, { version: 1 }),
  'GET /v1/breadcrumbs/{id}/full': (c) => c.getBreadcrumbFull(ID),
  'GET /v1/breadcrumbs/{id}/history': (c) => c.getBreadcrumbHistory(ID),
  'POST /v1/events/tickets': (c) => c.createStreamTicket(),
  'GET /v1/events/stream': openStream,
  'POST /v1/subscriptions/selectors': (c) => c.selectors.create({ any_tags: ['a'] }),
  'GET /v1/subscriptions/selectors': (c) => c.selectors.list(),
  'PUT /v1/subscriptions/selectors/{id}': (c) => c.selectors.replace(ID, { any_tags: ['a'] }),
  'DELETE /v1/subscriptions/selectors/{id}': (c) => c.selectors.remove(ID),
  'GET /v1/hygiene/stats': (c) => c.hygiene.stats(),
  'POST /v1/hygiene/run': (c) => c.hygiene.run(),
  'POST /v1/admin/purge': (c) => c.hygiene.purge(),
  'GET /v1/queues': (c) => c.queues.list(),

  'GET /v1/tenants': (c) => c.tenants.list(),
  'GET /v1/tenants/{id}': (c) => c.tenants.get(ID),
  'PUT /v1/tenants/{id}': (c) => c.tenants.setName(ID, 'Acme'),
  'DELETE /v1/tenants/{id}': (c) => c.tenants.delete(ID),
  'POST /v1/keys': (c) => c.createKey({ name: 'build server', roles: ['emitter'] }),
  'GET /v1/keys': (c) => c.listKeys(),
  'DELETE /v1/keys/{id}': (c) => c.revokeKey(ID),
  'GET /v1/acl': (c) => c.grants.list(),
  'POST /v1/acl/grant': (c) => c.grants.grant(GRANT),
  'POST /v1/acl/revoke': (c) => c.grants.revoke(GRANT),

  'GET /v1/agents': (c) => c.agents.list(),
  'GET /v1/agents/{id}': (c) => c.agents.get(ID),
  'POST /v1/agents/{id}': (c) => c.agents.setRoles(ID, ['emitter']),
  'DELETE /v1/agents/{id}': (c) => c.agents.delete(ID),
  'POST /v1/agents/run': (c) =>
    c.agents.run({ model: 'demo', messages: [{ role: 'user', content: 'Hello' }] }),
  'POST /v1/agents/{id}/secret': (c) => c.webhooks.setSecret(ID, SIGNING),
  'POST /v1/agents/{id}/webhooks': (c) => c.webhooks.create(ID, { url: 'https://example.com/a' }),
  'GET /v1/agents/{id}/webhooks': (c) => c.webhooks.list(ID, { include_inactive: true }),
  'DELETE /v1/agents/{id}/webhooks/{wid}': (c) => c.webhooks.remove(ID, ID),
  'GET /v1/agents/{id}/webhooks/{wid}/attempts': (c) => c.webhooks.listAttempts(ID, ID),
  'POST /v1/agents/{id}/webhooks/{wid}/rotate-secret': (c) => c.webhooks.rotateSecret(ID, ID),
  'GET /v1/dlq': (c) => c.dead_letters.list({ endpoint_id: ID, agent_id: ID, limit: 5 }),
  'POST /v1/dlq/retry': (c) => c.dead_letters.retryMany({ agent_id: ID }),
  'DELETE /v1/dlq/{id}': (c) => c.dead_letters.delete(ID),
  'POST /v1/dlq/{id}/retry': (c) => c.dead_letters.retry(ID),

  'POST /v1/secrets': (c) =>
    c.secrets.create({ name: 'KEY', scope_type: 'global', value: 's3cret' }),
  'GET /v1/secrets': (c) => c.secrets.list({ scope_type: 'agent', scope_id: ID, name: 'KEY' }),
  'GET /v1/secrets/audit': (c) => c.secrets.audit({ limit: 5 }),
  'GET /v1/secrets/{id}': (c) => c.secrets.get(ID),
  'PUT /v1/secrets/{id}': (c) => c.secrets.update(ID, 's3cret'),
  'DELETE /v1/secrets/{id}': (c) => c.secrets.delete(ID),
  'GET /v1/secrets/{id}/audit': (c) => c.secrets.audit({ secret_id: ID }),
  'POST /v1/secrets/{id}/decrypt': (c) => c.secrets.decrypt(ID, 'to send mail'),
  'POST /v1/secrets/{id}/grants': (c) => c.secrets.grant(ID, ID),
  'GET /v1/secrets/{id}/grants': (c) => c.secrets.listGrants(ID),
  'DELETE /v1/secrets/{id}/grants/{agent_id}': (c) => c.secrets.revoke(ID, ID),

  'GET /v1/registry/agents': (c) => c.registry.agents({ limit: 5 }),
  'GET /v1/registry/tools': (c) => c.registry.tools(),
  'GET /v1/models': (c) => c.registry.models(),
  'GET /v1/model-circuits': (c) => c.registry.circuits(),
  'POST /v1/model-circuits/{fingerprint}/close': (c) => c.registry.closeCircuit('a'.repeat(64)),
  'POST /v1/definitions/{id}/activate': (c) => c.registry.activateDefinition(ID),
  'POST /v1/agent-runs/{id}/stop': (c) => c.registry.stopRun(ID),
  'GET /v1/approvals': (c) => c.approvals.list({ state: 'pending', limit: 5 }),
  'POST /v1/approvals/{id}': (c) => c.approvals.approve(ID, 'fine'),

  'GET /v1/runs': (c) =>
    c.runs.list({
      agent_id: 'a',
      agent_version: '1',
      environment: 'production',
      status: 'success',
      start_time: BEGUN.started_at,
      end_time: BEGUN.started_at,
      source: 'api',
      q: 'a',
      parent_run_id: ID,
      breadcrumb_id: ID,
      conversation_id: 'c',
      page_size: 5,
      page: 1,
      count: true,
      fields: 'summary',
      view: 'full',
      steps_max: 5,
    }),
  'GET /v1/runs/{id}': (c) => c.runs.get(ID, { view: 'full', steps_max: 5 }),
  'GET /v1/runs/{id}/steps': (c) => c.runs.steps(ID, { view: 'full' }),
  'GET /v1/runs/{id}/failures': (c) => c.runs.failures(ID),
  'GET /v1/runs/{id}/decisions': (c) => c.runs.decisions(ID),
  'GET /v1/runs/{id}/signals': (c) => c.runs.signals(ID),
  'GET /v1/runs/{id}/children': (c) => c.runs.children(ID, { view: 'full' }),
  'GET /v1/runs/agents': (c) => c.runs.agents({ agent_id: 'a' }),
  'GET /v1/runs/policies': (c) => c.runs.policies(),
  'PUT /v1/runs/policies': (c) => c.runs.setPolicy({ environment: 'test', retention_days: 7 }),
  'POST /v1/runs': (c) => c.runs.report(RUN),
  'POST /v1/runs/batch': (c) => c.runs.reportBatch([RUN]),
  'POST /v1/runs/start': (c) => c.runs.start(BEGUN),
  'POST /v1/runs/{run_id}/steps': (c) => c.runs.addSteps(ID),
  'POST /v1/runs/{run_id}/end': (c) => c.runs.end(ID, { status: 'partial' }),
  'GET /v1/decisions': (c) =>
    c.runs.listDecisions({
      type: 'tool_selection',
      code: 'data',
      agent: 'a',
      selected: 'search',
      min_confidence: 0.5,
      page_size: 5,
    }),
  'GET /v1/decisions/summary': (c) => c.runs.decisionsSummary({ environment: 'production' }),
  'GET /v1/signals': (c) => c.runs.listSignals({ type: 'tool_success', value: false }),
  'GET /v1/signals/summary': (c) => c.runs.signalsSummary({ agent_id: 'a' }),
  'GET /v1/stats': (c) => c.runs.stats({ agent_id: 'a' }),
  'GET /v1/stats/latency': (c) => c.runs.latency(),
  'GET /v1/stats/usage': (c) => c.runs.usage(),
  'GET /v1/stats/timeseries': (c) => c.runs.timeseries({ bucket: 'day', metric: 'cost_usd' }),
  'GET /v1/stats/groups': (c) => c.runs.groups({ by: 'agent_id' }),
  'GET /v1/stats/failures': (c) => c.runs.failureKinds({ limit: 5 }),
  'GET /v1/stats/compare': (c) => c.runs.compare({ agent_id: 'a', a: '1', b: '2' }),

  'GET /v1/drift': (c) =>
    c.drift.list({ drift_type: 'latency', severity: 'high', resolved: false, limit: 5, offset: 5 }),
  'GET /v1/drift/{id}': (c) => c.drift.get(ID),
  'POST /v1/drift/{id}/resolve': (c) => c.drift.resolve(ID),
  'GET /v1/drift/summary': (c) => c.drift.summary({ environment: 'production', days: 30 }),
  'GET /v1/drift/timeline': (c) =>
    c.drift.timeline({ agent_id: 'a', start_date: BEGUN.started_at, end_date: BEGUN.started_at }),
  'GET /v1/drift/profiles': (c) => c.drift.profiles({ agent_id: 'a', agent_version: '1' }),
  'POST /v1/drift/profiles': (c) => c.drift.createProfile(WINDOW),
  'GET /v1/drift/profiles/{id}': (c) => c.drift.getProfile(ID),
  'GET /v1/drift/baselines': (c) =>
    c.drift.baselines({ baseline_type: 'version', is_active: false }),
  'POST /v1/drift/baselines': (c) =>
    c.drift.createBaseline({ profile: WINDOW, baseline_type: 'version', auto_activate: true }),
  'GET /v1/drift/baselines/{id}': (c) => c.drift.getBaseline(ID),
  'POST /v1/drift/baselines/{id}/approve': (c) => c.drift.approve(ID, 'Ada'),
  'POST /v1/drift/baselines/{id}/activate': (c) => c.drift.activate(ID),
  'POST /v1/drift/baselines/{id}/deactivate': (c) => c.drift.deactivate(ID),
  'POST /v1/drift/detect': (c) => c.drift.detect(WINDOW),
};

async function openStream(client: CairnClient): Promise<void> {
  const stop = new AbortController();
  const on_open = () => stop.abort();
  const types = ['breadcrumb.created', 'agent.delta'] as const;
  const selector = { any_tags: ['a'], schema_name: 'note.v1' };
  const options = { types, selector, on_open, signal: stop.signal, max_failures: 0 };
  for await (const _ of client.streamEvents(options));
}

/** What the server says of a call that it understood: that the thing is not there, or not in the state for it. */
const UNDERSTOOD: readonly string[] = ['not_found', 'conflict'];
/** What it says of a window in which too little was done to judge an agent by. */
const TOO_FEW_RUNS = /a profile needs \d+$/;

/** `understood`, or why not. */
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'understood';
  } catch (error) {
    if (!(error instanceof CairnError)) return String(error);
    const is_understood = UNDERSTOOD.includes(error.code) || TOO_FEW_RUNS.test(error.detail);
    return is_understood ? 'understood' : `${error.code}: ${error.detail}`;
  }
}

describe('the TypeScript client', () => {
  it('has a call for every route of the API that is not for other clients, and no other', async () => {
    const { request } = await startTestProgram();
    const { paths } = (await request('GET', '/openapi.json')).body;
    const routes = Object.entries<object>(paths)
      .flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m.toUpperCase()} ${path}`))
      .filter((route) => route.includes(' /v1/'));
    expect([...Object.keys(CALLS), ...Object.keys(EXCEPTIONS)].sort()).toEqual(routes.sort());
  });

  it('sends each call to its route, in a shape that the server takes', async () => {
    const { url } = await startTestProgram();
    for (const [route, call] of Object.entries(CALLS)) {
      const sent: string[] = [];
      const client = new CairnClient({
        base_url: url,
        max_retries: 0,
        fetch: (input, init) => {
          const asked = new Request(input, init);
          sent.push(`${asked.method} ${new URL(asked.url).pathname}`);
          return fetch(asked);
        },
      });
      expect(await outcomeOf(call(client)), route).toBe('understood');
      const [method, path = ''] = route.split(' ');
      const asked = new RegExp(`^${method} ${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      expect(sent, route).toContainEqual(expect.stringMatching(asked));
    }
  });

  it('reports a run in pieces and reads it in each of its shapes', async () => {
    const { url } = await startTestProgram();
    const { runs } = new CairnClient({ base_url: url });
    const { run_id } = await runs.start(BEGUN);
    const step_id = '00000000-0000-4000-8000-000000000001';
    const time = { started_at: BEGUN.started_at, ended_at: '2026-01-01T00:00:02Z' };
    const tool = { step_id, seq: 0, step_type: 'tool', name: 'search', latency_ms: 2_000 } as const;
    const choice = { decision_type: 'tool_selection', reason_code: 'fresh_data_required' };
    const signal = { signal_type: 'tool_failure', signal_code: 'timeout', value: false };
    const progress = await runs.addSteps(run_id, {
      steps: [{ ...tool, ...time, cost_usd: 0.25 }],
      decisions: [{ decision_id: step_id, selected: 'search', candidates: ['ask'], ...choice }],
      quality_signals: [{ signal_id: step_id, ...signal }],
    });
    expect(progress).toMatchObject({ status: 'running', steps: 1, decisions: 1 });
    const failure = { failure_type: 'tool', failure_code: 'timeout', message: 'Slow' } as const;
    await runs.end(run_id, { status: 'failure', ended_at: time.ended_at, failure });

    const full = await runs.list({ view: 'full', count: true });
    expect(full).toMatchObject({ total: 1, is_total_bounded: false, next_cursor: null });
    expect(full.items[0]?.steps[0]?.cost_usd).toBe(0.25);
    expect(full.items[0]?.duration_ms).toBe(2_000);
    const brief = await runs.list({ fields: 'summary' });
    expect(brief.items[0]?.failure).toBe('tool/timeout');
    const [plain] = (await runs.list()).items;
    expect(plain).toEqual(await runs.get(run_id));
    expect((await runs.listSignals({ value: false })).items).toHaveLength(1);
    expect((await runs.listSignals({ value: true })).items).toEqual([]);
  });
});
