import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog, systemClock } from '../../base/index.ts';
import type { McpReport, McpServerSpec } from './contract.ts';
import { McpConnection } from './mcp-connection.ts';
import type { CallOptions } from './mcp-session.ts';

const script = (name: string) => fileURLToPath(new URL(`testing/${name}.ts`, import.meta.url));

const stopped: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(stopped.splice(0).map((stop) => stop()));
});

function stdio(name: string, args: string[] = [], env: Record<string, string> = {}): McpServerSpec {
  const reach = { type: 'stdio' as const, command: process.execPath, env, cwd: undefined };
  return { name: 's', owners: [], reach: { ...reach, args: [script(name), ...args] } };
}

/** A server in a process of its own; the answer is where it is, and how to end it as a crash would. */
async function startHttp(args: string[] = [], port = 0, env = {}) {
  const child = spawn(process.execPath, [script('http-server'), String(port), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const { promise, resolve } = Promise.withResolvers<number>();
  const second = Promise.withResolvers<string>();
  child.stdout.once('data', (data: Buffer) => {
    resolve(Number(String(data).split(' ')[1]));
    child.stdout.once('data', (more: Buffer) => second.resolve(String(more)));
  });
  const exited = new Promise((done) => child.once('exit', done));
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  stopped.push(kill);
  const found = await promise;
  return { port: found, url: `http://127.0.0.1:${found}/mcp`, kill, said: second.promise };
}

const http = (url: string, headers = {}): McpServerSpec => ({
  name: 's',
  owners: [],
  reach: { type: 'http', url, fetch: (at, init) => fetch(at, init), headers: async () => headers },
});

/** Connects, and gathers what is reported. */
function connect(spec: McpServerSpec, refresh_ms = 600_000) {
  const reports: McpReport[] = [];
  let look = () => {};
  const connection = new McpConnection(spec, {
    clock: systemClock,
    log: createLog('silent'),
    random: Math.random,
    refresh_ms,
    loadSdk: () => import('@modelcontextprotocol/client'),
    report: (report) => {
      reports.push(report);
      look();
    },
  });
  stopped.push(() => connection.stop());
  connection.start();
  const until = (matches: (report: McpReport) => boolean) =>
    new Promise<McpReport>((resolve) => {
      look = () => {
        const found = reports.findLast(matches);
        if (found) resolve(found);
      };
      look();
    });
  const ready = async () => {
    const report = await until(({ state }) => state === 'ready');
    if (report.state !== 'ready') throw new Error('not ready');
    return report;
  };
  const call = (tool: string, input = {}, options: Partial<CallOptions> = {}) => {
    const { signal } = new AbortController();
    const all = { signal, timeout_ms: 20_000, onProgress: () => {}, ...options };
    return connection.call(`s__${tool}`, input, all);
  };
  return { connection, reports, until, ready, call };
}

describe('a connection to a server', () => {
  it.each([
    ['stdio', '2026-07-28', () => stdio('stdio-server')],
    ['stdio', '2025-11-25', () => stdio('stdio-server', ['previous'])],
    ['HTTP', '2026-07-28', async () => http((await startHttp()).url)],
    ['HTTP', '2025-11-25', async () => http((await startHttp(['previous'])).url)],
    ['HTTP with sessions', '2025-11-25', async () => http((await startHttp(['sessions'])).url)],
  ])('over %s in revision %s lists its tools and calls them', async (_, revision, make) => {
    const { ready, call } = connect(await make());
    const { protocol_version, list } = await ready();
    expect(protocol_version).toBe(revision);
    expect(list.left_out).toBe(0);
    expect(list.tools.find(({ tool }) => tool === 'add')).toMatchObject({
      name: 's__add',
      description: 'Adds two numbers.',
      input_schema: { required: ['a', 'b'] },
      annotations: { readOnlyHint: true },
    });
    expect(await call('add', { a: 40, b: 2 })).toMatchObject({ structuredContent: { sum: 42 } });
    const steps: string[] = [];
    await call('steps', { count: 3 }, { onProgress: (text) => steps.push(text) });
    expect(steps).toEqual(['step 1', 'step 2', 'step 3']);
  });

  it.each([
    ['stdio', () => stdio('stdio-server')],
    ['HTTP', async () => http((await startHttp()).url)],
    ['HTTP with sessions', async () => http((await startHttp(['sessions'])).url)],
  ])('over %s lists anew when the server says that its tools changed', async (_, make) => {
    const { ready, call, until } = connect(await make());
    await ready();
    await call('grow');
    const changed = await until(
      (report) =>
        report.state === 'ready' && report.list.tools.some(({ tool }) => tool === 'grown 0'),
    );
    // Its name has a space.
    expect(JSON.stringify(changed)).toMatch(/"s__grown_0_[0-9a-f]{8}"/);
  });

  it('gives a process the configured environment and nothing of ours', async () => {
    process.env['CAIRN_TEST_SECRET'] = 'do not tell';
    const { ready, call } = connect(stdio('stdio-server', [], { WANTED: 'yes' }));
    await ready();
    const { content } = (await call('env')) as { content: [{ text: string }] };
    const names = Object.keys(JSON.parse(content[0].text));
    // The second is what macOS adds to every process.
    expect(names.filter((name) => name !== '__CF_USER_TEXT_ENCODING')).toEqual(['WANTED']);
  });

  it('fails the call in which the server dies, connects again, and works', async () => {
    const { ready, call, until } = connect(stdio('stdio-server'));
    await ready();
    await expect(call('die')).rejects.toMatchObject({
      error_class: 'mcp_connection_lost',
      message: expect.stringContaining('ended with code 3'),
    });
    await until(({ state }) => state === 'failed');
    // It waits for the new process.
    expect(await call('add', { a: 1, b: 1 })).toMatchObject({ structuredContent: { sum: 2 } });
  });

  it('says to a server with sessions that one is over', async () => {
    const { url, said } = await startHttp(['sessions']);
    const { connection, ready } = connect(http(url));
    await ready();
    await connection.stop();
    expect(await said).toMatch(/^closed /);
  });

  it('connects anew when a server has forgotten its session', async () => {
    const first = await startHttp(['sessions']);
    const { ready, call, until } = connect(http(first.url));
    await ready();
    await first.kill();
    await startHttp(['sessions'], first.port);
    await call('add', { a: 1, b: 1 }).catch(() => until(({ state }) => state === 'failed'));
    expect(await call('add', { a: 1, b: 2 })).toMatchObject({ structuredContent: { sum: 3 } });
  });

  it('connects again to an HTTP server that was killed in a call and came back', async () => {
    const first = await startHttp();
    const { ready, call, until } = connect(http(first.url));
    await ready();
    const lost = call('hang').catch((error: unknown) => error);
    await first.kill();
    expect(await lost).toMatchObject({ error_class: 'mcp_connection_lost' });
    await until(({ state }) => state === 'failed');
    await startHttp([], first.port);
    expect(await call('add', { a: 1, b: 1 })).toMatchObject({ structuredContent: { sum: 2 } });
  });

  it('gives up a call in time, and one that nobody waits for any more', async () => {
    const { ready, call } = connect(stdio('stdio-server'));
    await ready();
    await expect(call('hang', {}, { timeout_ms: 50 })).rejects.toMatchObject({
      error_class: 'mcp_timeout',
    });
    const stop = new AbortController();
    const given_up = call('hang', {}, { signal: stop.signal });
    stop.abort(new Error('nobody waits'));
    await expect(given_up).rejects.toMatchObject({ error_class: 'mcp_cancelled' });
    expect(await call('add', { a: 1, b: 2 })).toMatchObject({ structuredContent: { sum: 3 } });
  });

  it('says why a command or an address cannot be connected to', async () => {
    const missing = { ...stdio(''), reach: { ...stdio('').reach, command: '/no/such/command' } };
    const [no_command, no_access] = await Promise.all([
      connect(missing as McpServerSpec).until(({ state }) => state === 'failed'),
      connect(http((await startHttp([], 0, { KEY: 'right' })).url)).until(
        ({ state }) => state === 'failed',
      ),
    ]);
    expect(no_command).toMatchObject({
      error: { message: expect.stringContaining('cannot be started: ENOENT') },
    });
    expect(no_access).toMatchObject({
      error: { error_class: 'mcp_refused', message: expect.stringContaining('HTTP 401') },
    });
  });

  it('ends the process and what it began', async () => {
    const { connection, ready, call } = connect(stdio('stdio-server'));
    await ready();
    const { content } = (await call('env')) as { content: [{ text: string }] };
    expect(content[0].text).toBe('{}');
    const lost = call('hang').catch((error: unknown) => error);
    const pids = await pidsBelow(process.pid, 2);
    expect(pids.length).toBeGreaterThanOrEqual(2);
    await connection.stop();
    expect(await lost).toMatchObject({ error_class: 'mcp_connection_lost' });
    expect(await alive(pids)).toEqual([]);
  });

  it('takes of a hostile server what is right, and survives the rest', async () => {
    const { ready, call } = connect(stdio('hostile-server'));
    const { list } = await ready();
    expect(list.tools).toHaveLength(1_000);
    expect(list.left_out).toBe(10_017 - 1_000);
    const names = list.tools.map(({ name }) => name);
    expect(new Set(names).size).toBe(1_000);
    expect(names.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name))).toBe(true);
    await expect(call('nonsense')).rejects.toMatchObject({ error_class: 'mcp_protocol' });
    await expect(call('error')).rejects.toMatchObject({ error_class: 'mcp_protocol' });
    await expect(call('never', {}, { timeout_ms: 50 })).rejects.toMatchObject({
      error_class: 'mcp_timeout',
    });
    await expect(call('flood')).rejects.toMatchObject({
      error_class: 'mcp_connection_lost',
      message: expect.stringContaining('more than 10485760 bytes'),
    });
  });
});

/** Processes below one, as soon as there are `count`. */
async function pidsBelow(parent: number, count: number): Promise<number[]> {
  const deadline = Date.now() + 45_000;
  for (;;) {
    const rows = await listProcesses();
    const below = new Set([parent]);
    for (let size = 0; size !== below.size;) {
      size = below.size;
      for (const [pid, ppid, command] of rows)
        if (below.has(ppid) && !command.startsWith('ps ')) below.add(pid);
    }
    below.delete(parent);
    const found = [...below];
    const helpers = rows.filter(
      ([pid, , command]) => below.has(pid) && command.includes('setInterval'),
    );
    if ((helpers.length > 0 && found.length >= count) || Date.now() > deadline) return found;
  }
}

/** Who was ended, but has no parent that takes note of it, is not alive. */
async function alive(pids: readonly number[]): Promise<number[]> {
  const rows = await listProcesses();
  return rows.flatMap(([pid, , command]) =>
    pids.includes(pid) && !command.endsWith('<defunct>') ? [pid] : [],
  );
}

function listProcesses(): Promise<[number, number, string][]> {
  return new Promise((resolve) => {
    const ps = spawn('ps', ['-eo', 'pid=,ppid=,args=']);
    let text = '';
    ps.stdout.on('data', (data: Buffer) => {
      text += String(data);
    });
    ps.once('close', () => {
      const rows = text.trim().split('\n');
      resolve(
        rows.map((row) => {
          const [pid, ppid, ...command] = row.trim().split(/\s+/);
          return [Number(pid), Number(ppid), command.join(' ')];
        }),
      );
    });
  });
}
