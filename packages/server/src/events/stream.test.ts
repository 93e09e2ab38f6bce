import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { TOPICS } from './contract.ts';
import { openStreamBench, type StreamClient } from './testing/stream-bench.ts';
import { appendEvent, appendMany, TEST_OWNER } from './testing.ts';

const OTHER_OWNER = '00000000-0000-7000-8000-0000000000bb';

describe('GET /events/stream', () => {
  it('begins with a ping, and sends one every five seconds', async () => {
    const { clock, open } = await openStreamBench();
    const now = clock.now();
    const client = await open();
    await client.until(({ frames }) => frames.length === 1);
    expect(client.status).toBe(200);
    expect(client.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(client.headers.get('cache-control')).toBe('no-store');
    const at = (ms: number) => ({ type: 'ping', ts: new Date(now + ms).toISOString() });
    expect(client.frames).toEqual([`id: 0\ndata: ${JSON.stringify(at(0))}`]);
    clock.advance(4_999);
    clock.advance(1);
    clock.advance(10_000);
    await client.until(({ frames }) => frames.length >= 4);
    expect(client.events).toEqual([at(0), at(5_000), at(10_000), at(15_000)]);
  });

  it('sends events as unnamed frames, with the sequence as id', async () => {
    const { open, publish } = await openStreamBench();
    const client = await open();
    const breadcrumb_id = newId();
    const updated_by = newId();
    const seq = await publish({
      breadcrumb_id,
      updated_by,
      version: 3,
      title: 'line\nbreak and “ü” 🪨',
      tags: ['a', 'b'],
      schema_name: 'note.v1',
      context: { n: 1, text: 'one\n\ntwo\r\n' },
    });
    await client.until(({ frames }) => frames.length === 2);
    const expected = {
      type: 'breadcrumb.updated',
      seq,
      breadcrumb_id,
      owner_id: TEST_OWNER,
      version: 3,
      title: 'line\nbreak and “ü” 🪨',
      tags: ['a', 'b'],
      schema_name: 'note.v1',
      updated_at: '2026-01-02T03:04:05.678Z',
      updated_by,
      context: { n: 1, text: 'one\n\ntwo\r\n' },
    };
    const { version, title, tags, schema_name, updated_at, context } = expected;
    const breadcrumb = {
      id: breadcrumb_id,
      title,
      tags,
      schema_name,
      version,
      updated_at,
      context,
    };
    const frame = JSON.stringify({ ...expected, breadcrumb });
    expect(client.frames[1]).toBe(`id: ${seq}\ndata: ${frame}`);
  });

  it('leaves the context out where the log has none', async () => {
    const { open, publish } = await openStreamBench();
    const client = await open();
    await publish({ context: null });
    await client.until(({ logged }) => logged.length === 1);
    expect(client.logged[0]).not.toHaveProperty('context');
  });

  it('answers below /v1 too', async () => {
    const { open, publish } = await openStreamBench();
    const client = await open('', { path: '/v1/events/stream' });
    await publish();
    await client.until(({ logged }) => logged.length === 1);
  });

  it('sends only what matches, live and replayed', async () => {
    const { clock, open, publish, tail } = await openStreamBench();
    const cases: [query: string, expected: number[]][] = [
      ['', [1, 2, 3, 4]],
      ['?any_tags=a&any_tags=b', [1, 2, 3]],
      ['?any_tags=a,b', [1, 2, 3]],
      ['?any_tags=%20a%20,,x', [1, 3]],
      ['?all_tags=a,b', [3]],
      ['?all_tags=a&all_tags=b', [3]],
      ['?tag=a', [1, 3]],
      ['?tag=a&tag=b', [3]],
      ['?tag=a&all_tags=b', [3]],
      ['?schema_name=one.v1', [1, 4]],
      ['?schema_name=one.v1&any_tags=a', [1]],
      [`?filters=${encodeURIComponent('{"any_tags":["a","b"]}')}`, [1, 2, 3]],
      [`?tag=b&filters=${encodeURIComponent('{"any_tags":["a"]}')}`, [3]],
      [
        `?filters=${encodeURIComponent('{"context_match":[{"path":"$.n","op":"gte","value":3}]}')}`,
        [3, 4],
      ],
      [
        `?tag=a&filters=${encodeURIComponent('{"context_match":[{"path":"n","op":"lt","value":3}]}')}`,
        [1],
      ],
      [`?schema_name=one.v1&filters=${encodeURIComponent('{"schema_name":"two.v1"}')}`, []],
      [`?filters=${encodeURIComponent('{"any_tags":[]}')}`, []],
    ];
    const live = await Promise.all(cases.map(([query]) => open(query)));
    const before = await publish({ context: { n: 0 } });
    await publish({ tags: ['a'], schema_name: 'one.v1', context: { n: 1 } });
    await publish({ tags: ['b'], schema_name: 'two.v1', context: { n: 2 } });
    await publish({ tags: ['a', 'b'], context: { n: 3 } });
    const last = await publish({ schema_name: 'one.v1', context: { n: 4 } });
    expect(tail.watermark).toBe(last);
    const headers = { 'last-event-id': String(before) };
    const late = await Promise.all(cases.map(([query]) => open(query, { headers })));
    const numbers = (client: StreamClient) =>
      client.logged
        .map(({ context }) => (context as { n: number }).n)
        .filter((number) => number > 0);
    for (const [place, [, expected]] of cases.entries()) {
      for (const client of [live[place], late[place]])
        await client?.until((each) => numbers(each).length >= expected.length);
    }
    // What was sent before the ping has come when the ping has.
    clock.advance(5_000);
    const pings = ({ events }: StreamClient) => events.filter(({ type }) => type === 'ping').length;
    await Promise.all([...live, ...late].map((client) => client.until((each) => pings(each) > 1)));
    expect(cases.map(([query], place) => [query, numbers(live[place] as StreamClient)])).toEqual(
      cases,
    );
    expect(cases.map(([query], place) => [query, numbers(late[place] as StreamClient)])).toEqual(
      cases,
    );
  });

  it('refuses what it does not understand, and says why', async () => {
    const { hub, port } = await openStreamBench();
    const cases: [query: string, code: string, detail: RegExp][] = [
      ['?types=breadcrumb.moved', 'bad_request', /types names "breadcrumb.moved"; known are/],
      ['?filters=nonsense', 'invalid_selector', /filters must be a selector as JSON/],
      ['?filters=[]', 'invalid_selector', /filters/],
      ['?filters=7', 'invalid_selector', /filters/],
      ['?filters={"unknown":1}', 'invalid_selector', /"unknown" is no field of a selector/],
      ['?filters={"selector":{"any_tags":["a"]}}', 'invalid_selector', /send what is in it/],
      ['?filters={"any_tags":"a"}', 'invalid_selector', /filters\/any_tags/],
      [
        '?filters={"context_match":[{"path":"$.a","op":"like","value":1}]}',
        'invalid_selector',
        /expected one of eq, ne/,
      ],
      ['?filters={"context_match":[{"path":"$[","op":"exists"}]}', 'invalid_selector', /RFC 9535/],
      ['?last_event_id=abc', 'bad_request', /Last-Event-ID must be a sequence/],
      ['?last_event_id=-1', 'bad_request', /Last-Event-ID/],
      ['?last_event_id=1e3', 'bad_request', /Last-Event-ID/],
      ['?last_event_id=99999999999999999999', 'bad_request', /Last-Event-ID/],
      [`?schema_name=${'x'.repeat(101)}`, 'validation_failed', /schema_name/],
    ];
    for (const [query, code, detail] of cases) {
      const response = await fetch(`http://127.0.0.1:${port}/events/stream${query}`, {
        headers: { authorization: `${TEST_OWNER} ${newId()}` },
      });
      const problem = (await response.json()) as { code: string; detail: string };
      expect([query, response.status, problem.code]).toEqual([query, 400, code]);
      expect(problem.detail).toMatch(detail);
    }
    expect(hub.size).toBe(0);
  });

  it('refuses who does not say who they are', async () => {
    const { open } = await openStreamBench();
    const client = await open('', { headers: { authorization: '' } });
    expect(client.status).toBe(401);
  });

  it('has no HEAD, whose answer could never end', async () => {
    const { hub, open } = await openStreamBench();
    expect((await open('', { method: 'HEAD' })).status).toBeGreaterThanOrEqual(400);
    expect(hub.size).toBe(0);
  });
});

describe('types', () => {
  it('sends creates and updates as updated unless asked for more', async () => {
    const { open, publish } = await openStreamBench();
    const client = await open();
    const created = await publish({ kind: 'created' });
    await publish({ kind: 'deleted' });
    const updated = await publish({ kind: 'updated' });
    await client.until(({ logged }) => logged.length === 2);
    expect(client.logged.map(({ type, seq }) => [type, seq])).toEqual([
      ['breadcrumb.updated', created],
      ['breadcrumb.updated', updated],
    ]);
  });

  it('sends a create by both names when both are asked for, with the id on the last frame only', async () => {
    const { open, publish } = await openStreamBench();
    const client = await open('?types=breadcrumb.deleted,breadcrumb.updated,breadcrumb.created');
    const created = await publish({ kind: 'created' });
    const updated = await publish({ kind: 'updated' });
    const deleted = await publish({ kind: 'deleted', context: null });
    await client.until(({ logged }) => logged.length === 4);
    const heads = client.frames.slice(1).map((frame) => frame.replace(/"seq".*/s, ''));
    expect(heads).toEqual([
      'data: {"type":"breadcrumb.created",',
      `id: ${created}\ndata: {"type":"breadcrumb.updated",`,
      `id: ${updated}\ndata: {"type":"breadcrumb.updated",`,
      `id: ${deleted}\ndata: {"type":"breadcrumb.deleted",`,
    ]);
  });

  it('sends creates alone when only those are asked for, each with its id', async () => {
    const { open, publish } = await openStreamBench();
    const client = await open('?types=breadcrumb.created');
    await publish({ kind: 'updated' });
    const created = await publish({ kind: 'created' });
    await client.until(({ logged }) => logged.length === 1);
    expect(client.frames[1]).toMatch(
      new RegExp(`^id: ${created}\ndata: {"type":"breadcrumb.created"`),
    );
  });

  it('sends what is not kept only to those who ask, without an id', async () => {
    const { bus, open, publish } = await openStreamBench();
    const plain = await open();
    const asking = await open('?types=agent.delta,breadcrumb.updated');
    const elsewhere = await open('?types=agent.delta&any_tags=session:2');
    const foreign = await open('?types=agent.delta', { owner_id: OTHER_OWNER });
    const delta = {
      type: 'agent.delta',
      owner_id: TEST_OWNER,
      conversation_id: '1',
      run_id: newId(),
      trigger_id: newId(),
      agent_id: newId(),
      index: 0,
      text: 'Hel\nlo',
    };
    const status = { ...delta, type: 'agent.status' };
    for (const message of ['not json', '{}', 'null', '{"type":"agent.delta"}'])
      await bus.publish(TOPICS.ephemeral, message);
    await bus.publish(TOPICS.ephemeral, JSON.stringify({ ...status, tags: ['session:1'] }));
    await bus.publish(TOPICS.ephemeral, JSON.stringify({ ...delta, tags: ['session:1'] }));
    await asking.until(({ frames }) => frames.length === 2);
    expect(asking.frames[1]).toBe(`data: ${JSON.stringify(delta)}`);
    const seq = await publish();
    await plain.until(({ seqs }) => seqs.includes(seq));
    expect(plain.frames).toHaveLength(2);
    expect(elsewhere.frames).toHaveLength(1);
    expect(foreign.frames).toHaveLength(1);
  });
});

describe('who sees what', () => {
  it('never sends an event to another tenant, live or replayed', async () => {
    const { open, publish } = await openStreamBench();
    const first = await publish({ owner_id: TEST_OWNER });
    const second = await publish({ owner_id: OTHER_OWNER });
    const headers = { 'last-event-id': String(first - 1) };
    const ours = await open('', { headers });
    const theirs = await open('', { headers, owner_id: OTHER_OWNER });
    const third = await publish({ owner_id: TEST_OWNER });
    const fourth = await publish({ owner_id: OTHER_OWNER });
    await ours.until(({ seqs }) => seqs.includes(third));
    await theirs.until(({ seqs }) => seqs.includes(fourth));
    expect(ours.seqs).toEqual([first, third]);
    expect(theirs.seqs).toEqual([second, fourth]);
  });

  it('asks the policy for each event and each stream', async () => {
    const [trusted, other] = [newId(), newId()];
    const { open, publish } = await openStreamBench({
      may_see: (principal, event) =>
        event.visibility === 'team' &&
        (principal.agent_id === trusted || !event.tags.includes('private')),
    });
    const insider = await open('', { agent_id: trusted });
    const outsider = await open('', { agent_id: other });
    const secret = await publish({ tags: ['private'] });
    const open_to_all = await publish();
    await insider.until(({ seqs }) => seqs.includes(open_to_all));
    await outsider.until(({ seqs }) => seqs.includes(open_to_all));
    expect(insider.seqs).toEqual([secret, open_to_all]);
    expect(outsider.seqs).toEqual([open_to_all]);
    const late = await open('', {
      agent_id: other,
      headers: { 'last-event-id': String(secret - 1) },
    });
    await late.until(({ seqs }) => seqs.includes(open_to_all));
    expect(late.seqs).toEqual([open_to_all]);
  });

  it('ends only the stream for which the policy fails, and says so', async () => {
    const broken = newId();
    const { open, publish } = await openStreamBench({
      may_see(principal) {
        if (principal.agent_id === broken) throw new Error('a bug');
        return true;
      },
    });
    const victims = [await open('', { agent_id: broken }), await open('', { agent_id: broken })];
    const healthy = await open();
    const seqs = [await publish(), await publish()];
    await healthy.until((client) => client.seqs.length === 2);
    expect(healthy.seqs).toEqual(seqs);
    for (const victim of victims) {
      await victim.ended;
      expect(victim.events.at(-1)).toEqual({ type: 'closed', reason: 'internal_error' });
    }
  });
});

describe('Last-Event-ID', () => {
  it('replays what was missed and goes on, without gap or duplicate, while new events come in', async () => {
    const { db, open, publish, tail } = await openStreamBench();
    const before = await publish();
    const seqs = await appendMany(db, 230);
    tail.ring();
    const writing = (async () => {
      for (let n = 0; n < 60; n++) seqs.push(await publish());
    })();
    const clients = await Promise.all(
      [0, 1, 2, 3].map((n) =>
        n % 2 === 0
          ? open('', { headers: { 'last-event-id': String(before) } })
          : open(`?last_event_id=${before}`),
      ),
    );
    await writing;
    for (const client of clients) {
      await client.until((each) => each.seqs.length >= seqs.length);
      expect(client.seqs).toEqual(seqs);
    }
  });

  it('sends a whole log at the pace of a client that reads slowly', async () => {
    const { db, hub, port, publish, untilSize, tail } = await openStreamBench();
    const before = await publish();
    // Much more than may wait for a client at any time.
    const seqs = await appendMany(db, 400, 40_000);
    tail.ring();
    const socket = net.connect(port, '127.0.0.1');
    socket.write(
      `GET /events/stream HTTP/1.1\r\nhost: localhost\r\nauthorization: ${TEST_OWNER} ${newId()}\r\nlast-event-id: ${before}\r\n\r\n`,
    );
    const ids: number[] = [];
    let is_closed = false;
    let line = '';
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        const lines = (line + chunk.toString('latin1')).split('\n');
        line = lines.pop() ?? '';
        for (const each of lines) {
          if (each.startsWith('id: ')) ids.push(Number(each.slice(4)));
          if (each.startsWith('data: {"type":"closed"')) is_closed = true;
        }
        if (is_closed || ids.at(-1) === seqs.at(-1)) return resolve();
        socket.pause();
        setImmediate(() => socket.resume());
      });
    });
    expect(is_closed).toBe(false);
    expect(ids).toEqual(seqs);
    expect(hub.size).toBe(1);
    socket.destroy();
    await untilSize(0);
  });

  it('gives up on a client that reads nothing of what it missed', async () => {
    const { clock, db, hub, port, publish, untilSize, tail } = await openStreamBench();
    const before = await publish();
    await appendMany(db, 150, 100_000);
    tail.ring();
    const socket = net.connect(port, '127.0.0.1');
    socket.pause();
    socket.write(
      `GET /events/stream HTTP/1.1\r\nhost: localhost\r\nauthorization: ${TEST_OWNER} ${newId()}\r\nlast-event-id: ${before}\r\n\r\n`,
    );
    await untilSize(1);
    while (hub.size === 1) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(hub.size).toBe(0);
    socket.destroy();
  });

  it('tells a client to read again when its sequence was never given out', async () => {
    const { open, publish } = await openStreamBench();
    const known = await publish();
    const client = await open('', { headers: { 'last-event-id': String(known + 1_000) } });
    await client.until(({ frames }) => frames.length === 2);
    const reason = 'that sequence is not in the log';
    expect(client.frames[1]).toBe(
      `id: ${known}\ndata: ${JSON.stringify({ type: 'resync', seq: known, reason })}`,
    );
    const next = await publish();
    await client.until(({ logged }) => logged.length === 1);
    expect(client.seqs).toEqual([next]);
  });

  it('tells a client to read again when the log no longer goes back so far', async () => {
    const { db, open, publish } = await openStreamBench();
    const old = await publish();
    for (let n = 0; n < 4; n++) await publish();
    const kept = await publish();
    await db.query({ text: 'delete from events where seq < $1', values: [kept] });
    const lost = await open('', { headers: { 'last-event-id': String(old) } });
    const next_to_it = await open('', { headers: { 'last-event-id': String(kept - 1) } });
    await lost.until(({ frames }) => frames.length === 2);
    expect(lost.events[1]).toMatchObject({ type: 'resync', seq: kept });
    await next_to_it.until(({ seqs }) => seqs.includes(kept));
    expect(next_to_it.seqs).toEqual([kept]);
  });

  it('tells a client to read again when it missed more than is replayed', async () => {
    const { db, tail, open } = await openStreamBench();
    const seqs = await appendMany(db, 10_002);
    const [first = 0, last = 0] = [seqs[0], seqs.at(-1)];
    tail.ring();
    while (tail.watermark < last) await new Promise((resolve) => setImmediate(resolve));
    const client = await open('', { headers: { 'last-event-id': String(first) } });
    await client.until(({ frames }) => frames.length === 2);
    expect(client.events[1]).toMatchObject({ type: 'resync', seq: last });
    const almost = await open('', { headers: { 'last-event-id': String(first + 1) } });
    await almost.until(({ seqs }) => seqs.at(-1) === last);
    expect(almost.seqs).toHaveLength(10_000);
  });

  it('does not repeat to a client what another process has shown it already', async () => {
    const { db, tail, open, publish } = await openStreamBench();
    const first = await publish();
    const client_before = await open();
    while (tail.watermark < first) await new Promise((resolve) => setImmediate(resolve));
    // In the log, not yet read by our tail: only the next ring makes it look.
    const shown = await appendEvent(db);
    const client = await open('', { headers: { 'last-event-id': String(shown) } });
    const next = await publish();
    await client.until(({ seqs }) => seqs.includes(next));
    expect(client.seqs).toEqual([next]);
    expect(client_before.events.some(({ type }) => type === 'resync')).toBe(false);
  });
});
