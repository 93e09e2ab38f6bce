import { describe, expect, it } from 'vitest';
import { sendJson, sendProblem, startStubServer, testTiming } from '../../test/stub-server.ts';
import { CairnClient } from '../client.ts';

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

  [(c) => c.hygiene.stats(), ['GET', '/hygiene/stats'], 'again'],
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
