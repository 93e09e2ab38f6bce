import type { BreadcrumbCreate } from '@cairn/protocol';
import { CairnError } from '@cairn/sdk';
import { describe, expect, it } from 'vitest';
import { parseSharedPage, sharePage, type SharedPage, type SharePorts } from './share-page.ts';
import type { PageContext } from './tab-breadcrumb.ts';

const SERVER = 'http://127.0.0.1:8081';
const page: PageContext = {
  url: 'https://example.org/one',
  title: 'One',
  text: 'Some text',
  conversation_id: 'c1',
};

/** A record store of one kind, with versions as the server has them. */
function recordStore() {
  const records = new Map<string, { version: number; body: BreadcrumbCreate }>();
  const calls: string[] = [];
  let before_update = (): void => {};
  const fail = (code: string, status: number): never => {
    throw new CairnError({ code, status, detail: code });
  };
  const answer = (id: string) => {
    const { version = 0, body } = records.get(id) ?? {};
    return { id, version, ...body };
  };
  const client = {
    async createBreadcrumb(body: BreadcrumbCreate) {
      calls.push('create');
      const id = `id-${calls.length}`;
      records.set(id, { version: 1, body });
      return answer(id);
    },
    async updateBreadcrumb(id: string, body: BreadcrumbCreate, { version }: { version: number }) {
      calls.push('update');
      before_update();
      const known = records.get(id) ?? fail('not_found', 404);
      if (known.version !== version) fail('version_mismatch', 412);
      records.set(id, { version: version + 1, body });
      return answer(id);
    },
    async getBreadcrumb(id: string) {
      calls.push('get');
      if (!records.has(id)) fail('not_found', 404);
      return answer(id);
    },
    async deleteBreadcrumb(id: string) {
      calls.push('delete');
      if (!records.delete(id)) fail('not_found', 404);
    },
  };
  const touch = (id: string): void => {
    const known = records.get(id);
    if (known) records.set(id, { ...known, version: known.version + 1 });
  };
  return {
    client: client as unknown as SharePorts['client'],
    records,
    calls,
    touch,
    onUpdate: (work: () => void) => (before_update = work),
  };
}

function start(kept: SharedPage | null = null) {
  const store = recordStore();
  let held = kept;
  const ports: SharePorts = {
    client: store.client,
    server_url: SERVER,
    window_id: 1,
    get: () => held,
    keep: async (shared) => void (held = shared),
  };
  const only = () => {
    const [entry] = [...store.records];
    if (entry === undefined || store.records.size > 1) throw new Error('not one record');
    return { id: entry[0], ...entry[1] };
  };
  return { ...store, ports, only, held: () => held };
}

describe('a shared page', () => {
  it('is created once, then changed, and deleted when it is not shared any more', async () => {
    const { ports, records, calls, only, held } = start();
    await sharePage(ports, page);
    expect(only().body).toMatchObject({
      title: 'Page: One',
      schema_name: 'browser.tab.context.v1',
      tags: expect.arrayContaining(['browser:active-tab', 'session:c1']),
      context: { url: page.url, title: 'One', text: 'Some text', text_is_cut: false },
      ttl_type: 'duration',
      ttl_config: { minutes: 5 },
    });
    await sharePage(ports, { ...page, title: 'Two' });
    expect(only()).toMatchObject({ version: 2, body: { title: 'Page: Two' } });
    expect(held()).toMatchObject({ breadcrumb_id: only().id, version: 2, title: 'Two' });
    await sharePage(ports, null);
    expect(records.size).toBe(0);
    expect(held()).toBeNull();
    expect(calls).toEqual(['create', 'update', 'delete']);
    await sharePage(ports, null);
    expect(calls).toHaveLength(3);
  });

  it('overwrites what somebody else wrote into it, after it has read the version again', async () => {
    const { ports, touch, calls, only } = start();
    await sharePage(ports, page);
    touch(only().id);
    await sharePage(ports, { ...page, title: 'Two' });
    expect(only()).toMatchObject({ version: 3, body: { title: 'Page: Two' } });
    expect(calls).toEqual(['create', 'update', 'get', 'update']);
  });

  it('gives up with the refusal when somebody writes faster every time, and keeps what it had', async () => {
    const { ports, touch, only, onUpdate, held } = start();
    await sharePage(ports, page);
    onUpdate(() => touch(only().id));
    const before = held();
    await expect(sharePage(ports, page)).rejects.toMatchObject({ code: 'version_mismatch' });
    expect(held()).toBe(before);
  });

  it('is made anew when it ended meanwhile', async () => {
    const { ports, records, only, held } = start();
    await sharePage(ports, page);
    records.clear();
    await sharePage(ports, page);
    expect(held()?.breadcrumb_id).toBe(only().id);
    records.clear();
    await sharePage(ports, null);
    expect(held()).toBeNull();
  });

  it('leaves a breadcrumb of another server to its TTL', async () => {
    const elsewhere: SharedPage = {
      breadcrumb_id: 'elsewhere',
      version: 3,
      server_url: 'https://other.example',
      url: page.url,
      title: 'One',
      window_id: 1,
    };
    const { ports, calls, held } = start(elsewhere);
    await sharePage(ports, page);
    expect(calls).toEqual(['create']);
    expect(held()?.server_url).toBe(SERVER);
    const { ports: others, calls: none, held: kept } = start(elsewhere);
    await sharePage(others, null);
    expect(none).toEqual([]);
    expect(kept()).toBeNull();
  });
});

describe('what is kept of a shared page', () => {
  it('comes back as it was, and anything else is nothing', async () => {
    const { ports, held } = start();
    await sharePage(ports, page);
    expect(parseSharedPage(JSON.parse(JSON.stringify(held())))).toEqual(held());
    for (const raw of [undefined, null, 7, 'x', [], {}, { breadcrumb_id: 'a', server_url: 'b' }]) {
      expect(parseSharedPage(raw)).toBeNull();
    }
  });
});
