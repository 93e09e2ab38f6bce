import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli, startCli } from '../test/run-cli.ts';
import { idOf, startStubServer } from '../test/stub-server.ts';
import { EXIT_CODES } from './exit-codes.ts';

/** An address where nothing listens. */
async function deadUrl(): Promise<string> {
  const server = await startStubServer();
  await server[Symbol.asyncDispose]();
  return server.url;
}

describe('cairn', () => {
  it('prints its help, with the exit codes, when nothing is asked', async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const { code: number, meaning } of Object.values(EXIT_CODES)) {
      expect(stdout).toContain(`  ${number}  ${meaning}\n`);
    }
    for (const name of ['start', 'say', 'tail', 'breadcrumb', 'doctor', 'config', 'key']) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
  });

  it.each([[['--help']], [['say', '--help']], [['--version']]])(
    'answers %j with 0',
    async (args) => {
      const { code, stderr } = await runCli(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    },
  );

  it.concurrent.each([
    [['sya'], "error: unknown command 'sya'"],
    [['say'], "error: missing required argument 'text'"],
    [['tail', '--speed'], "error: unknown option '--speed'"],
    [['tail', '--types', 'a'], 'Types are breadcrumb.created'],
    [['breadcrumb', 'list', '--limit', '501'], 'Expected a whole number from 1 to 500.'],
    [['breadcrumb'], 'Usage: cairn breadcrumb'],
    [['start', '--port', 'http'], 'A port is a whole number'],
    [['key', 'create', 'k', '--expires', 'soon'], 'such as 30d'],
    [['say', ' '], 'The message is empty'],
    [['say', 'Hi', '--url', 'localhost:8081'], 'expected an address such as http://127.0.0.1:8081'],
    [['breadcrumb', 'create', '--title', 't', '--context', '{a:1}'], '--context is not JSON'],
    [['breadcrumb', 'create', '--title', 't', '--context', '@/no/such'], 'cannot be read'],
    [['database-roles'], 'error: DATABASE_URL: the embedded database has no roles'],
  ])('ends with 2 on %j and says what was expected', async (args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('tells settings that do not fit in one sentence, and as an error of usage', async () => {
    const { stderr } = await runCli(['database-roles']);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    const { code, stderr: text } = await runCli(['database-roles', '--json']);
    expect([code, JSON.parse(text)]).toMatchObject([2, { code: 'usage', exit_code: 2 }]);
  });

  it('tells errors of usage as a problem with --json', async () => {
    const { code, stdout, stderr } = await runCli(['tail', '--speed', '--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({
      code: 'usage',
      detail: "unknown option '--speed'",
      exit_code: 2,
    });
  });

  it.concurrent.each([
    [['say', 'Hello']],
    [['tail']],
    [['breadcrumb', 'list']],
    [['key', 'list']],
    [['doctor']],
  ])('ends with 3 when the server cannot be reached: %j', async (args) => {
    const url = await deadUrl();
    const { code, stdout, stderr } = await runCli([...args, '--url', url]);
    expect(code).toBe(3);
    expect(stdout + stderr).toContain(`Cannot reach ${url} (ECONNREFUSED). Is the server running?`);
  });

  it('tells an unreachable server as a problem with --json', async () => {
    const { code, stdout, stderr } = await runCli(['tail', '--json', '--url', await deadUrl()]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ code: 'connection_failed', exit_code: 3 });
  });

  it('reads the address from CAIRN_URL, and the option goes first', async () => {
    await using server = await startStubServer();
    const env = { CAIRN_URL: server.url };
    expect((await runCli(['key', 'list'], { env })).code).toBe(0);
    expect((await runCli(['key', 'list', '--url', await deadUrl()], { env })).code).toBe(3);
  });
});

describe('keys of the caller', () => {
  it('ends with 6 without the key that the server wants, and says how to give it', async () => {
    await using server = await startStubServer({ key: 'cairn_right' });
    const { code, stderr } = await runCli(['key', 'list', '--url', server.url]);
    expect(code).toBe(6);
    expect(stderr).toContain(
      'error: this server needs a key\nGive a key with --key or CAIRN_API_KEY',
    );
  });

  it('sends the key of --key or CAIRN_API_KEY', async () => {
    await using server = await startStubServer({ key: 'cairn_right' });
    const args = ['key', 'list', '--url', server.url];
    expect((await runCli([...args, '--key', 'cairn_right'])).code).toBe(0);
    expect((await runCli(args, { env: { CAIRN_API_KEY: 'cairn_right' } })).code).toBe(0);
    expect((await runCli(args, { env: { CAIRN_API_KEY: 'cairn_wrong' } })).code).toBe(6);
  });

  it('takes the key that the server left in its data directory', async () => {
    await using server = await startStubServer({ key: 'cairn_right' });
    const place = await mkdtemp(join(tmpdir(), 'cairn-cli-'));
    try {
      await mkdir(join(place, '.cairn'));
      await writeFile(join(place, '.cairn', 'admin.key'), 'cairn_right\n');
      const args = ['key', 'list', '--url', server.url];
      expect((await runCli(args, { cwd: place })).code).toBe(0);
      expect((await runCli(args, { env: { CAIRN_DATA_DIR: join(place, '.cairn') } })).code).toBe(0);
      expect((await runCli(args, { env: { CAIRN_DATA_DIR: join(place, 'other') } })).code).toBe(6);
    } finally {
      await rm(place, { recursive: true });
    }
  });
});

describe('breadcrumb', () => {
  it('creates, gets and lists', async () => {
    await using server = await startStubServer();
    const url = ['--url', server.url];
    const made = await runCli(
      [
        'breadcrumb',
        'create',
        '--title',
        'A note',
        '--schema',
        'note.v1',
        '--tag',
        'a',
        'b',
        '--context',
        '-',
        ...url,
      ],
      { input: '{"text":"Hello"}' },
    );
    expect(made).toMatchObject({ code: 0, stdout: `${idOf(1)}\n` });
    expect(server.stored).toMatchObject([
      { title: 'A note', schema_name: 'note.v1', tags: ['a', 'b'], context: { text: 'Hello' } },
    ]);

    const got = await runCli(['breadcrumb', 'get', idOf(1), ...url]);
    expect(got.code).toBe(0);
    expect(got.stdout).toContain('A note\n');
    expect(got.stdout).toContain('{\n  "text": "Hello"\n}\n');
    const full = await runCli(['breadcrumb', 'get', '--full', '--json', idOf(1), ...url]);
    expect(JSON.parse(full.stdout)).toMatchObject({ title: 'A note' });
    expect(server.calls).toContain(`GET /v1/breadcrumbs/${idOf(1)}/full`);

    const list = await runCli(['breadcrumb', 'list', '--tag', 'a', '--tag', 'b', ...url]);
    expect(list.stdout.split('\n')).toEqual([
      expect.stringMatching(/^ID +SCHEMA +TITLE +CHANGED +VERSION +TAGS$/),
      `${idOf(1)}  note.v1  A note  2026-01-02 03:04:05  v1       a b`,
      '',
    ]);
  });

  it('takes the context from a file', async () => {
    await using server = await startStubServer();
    const place = await mkdtemp(join(tmpdir(), 'cairn-cli-'));
    try {
      await writeFile(join(place, 'context.json'), '[1]');
      const args = ['breadcrumb', 'create', '--title', 't', '--context', '@context.json'];
      const made = await runCli([...args, '--url', server.url], { cwd: place });
      expect(made.code).toBe(0);
      expect(server.stored).toMatchObject([{ context: [1] }]);
    } finally {
      await rm(place, { recursive: true });
    }
  });

  it('prints a page as JSON, and says how to get the next', async () => {
    await using server = await startStubServer();
    server.add({ title: 'One' });
    server.add({ title: 'Two' });
    const args = ['breadcrumb', 'list', '--limit', '1', '--url', server.url];
    const { stdout } = await runCli([...args, '--json', '--context']);
    expect(JSON.parse(stdout)).toMatchObject({
      items: [{ title: 'One', context: {} }],
      next_cursor: 'next-page',
    });
    const { stderr } = await runCli(args);
    expect(stderr).toBe('There are more: add --cursor next-page\n');
  });

  it('ends with 7 for one that is not there, as text and as a problem', async () => {
    await using server = await startStubServer();
    const args = ['breadcrumb', 'get', 'nope', '--url', server.url];
    expect(await runCli(args)).toEqual({
      code: 7,
      stdout: '',
      stderr: 'error: there is no breadcrumb nope\n',
    });
    const { code, stdout, stderr } = await runCli([...args, '--json']);
    expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ code: 'not_found', status: 404, exit_code: 7 });
  });

  it('does not let a title write control characters to the terminal', async () => {
    await using server = await startStubServer();
    server.add({ title: '\u001b]0;owned\u0007\u001b[31mred\u202e', tags: ['a\nb'] });
    const list = await runCli(['breadcrumb', 'list', '--url', server.url]);
    expect(list.stdout).toMatch(/  \]0;owned\[31mred  2026-\S+ \S+ +v1 +a b\n$/);
  });
});

describe('key', () => {
  it('prints a new key alone on stdout', async () => {
    await using server = await startStubServer();
    const args = ['key', 'create', 'build', '--role', 'emitter', '--expires', '30d'];
    const { code, stdout, stderr } = await runCli([...args, '--url', server.url]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'cairn_new\n' });
    expect(stderr).toContain(`cairn key revoke ${idOf(9)}`);
  });

  it('lists and revokes', async () => {
    await using server = await startStubServer();
    const { stdout } = await runCli(['key', 'list', '--url', server.url]);
    expect(stdout.split('\n')[1]).toBe(`${idOf(9)}  build  emitter  valid  never`);
    const revoked = await runCli(['key', 'revoke', idOf(9), '--json', '--url', server.url]);
    expect(JSON.parse(revoked.stdout)).toEqual({ ok: true, id: idOf(9) });
    expect((await runCli(['key', 'revoke', 'nope', '--url', server.url])).code).toBe(7);
  });
});

describe('doctor', () => {
  it('finds a good server good', async () => {
    await using server = await startStubServer();
    const { code, stdout, stderr } = await runCli(['doctor', '--url', server.url]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const marks = stdout
      .split('\n')
      .map((line) => /^(ok|warn|fail) +(\w[\w-]*)/.exec(line)?.slice(1));
    expect(marks.filter((mark) => mark !== undefined)).toEqual([
      ['ok', 'Node'],
      ['ok', 'Server'],
      ['ok', 'Token'],
      ['ok', 'Setup'],
      ['warn', 'Model'],
      ['ok', 'Stream'],
      ['ok', 'Breadcrumbs'],
      ['ok', 'Events'],
      ['ok', 'Clean-up'],
    ]);
    expect(server.calls.at(-1)).toBe(`DELETE /v1/breadcrumbs/${idOf(1)}`);
  });

  it('says which check failed, and ends with its code', async () => {
    await using server = await startStubServer({ key: 'cairn_right' });
    const { code, stdout } = await runCli(['doctor', '--json', '--url', server.url]);
    expect(code).toBe(6);
    const report: unknown = JSON.parse(stdout);
    expect(report).toMatchObject({ ok: false, exit_code: 6 });
    expect(report).toHaveProperty('checks.2.status', 'fail');
    expect(report).toHaveProperty('checks.2.advice', expect.stringContaining('--key'));
  });

  it('notices a stream that delivers nothing', async () => {
    await using server = await startStubServer({ is_mute: true });
    const { code, stdout } = await runCli(['doctor', '--timeout', '0.3', '--url', server.url]);
    expect(code).toBe(5);
    expect(stdout).toMatch(/^fail +Events +No event with tags doctor:\S+ came within 0\.3 s$/m);
    expect(stdout).toMatch(/^ok +Clean-up/m);
  });
});

describe('the bin file', () => {
  /** Makes Node say that it is version 20, as far as a script can see. */
  const old_node = [
    '--import',
    'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.1.0"}})',
  ];

  it('hands over to the pinned Node, with input, output and exit code', async () => {
    await using server = await startStubServer();
    const args = ['breadcrumb', 'create', '--title', 't', '--context', '-', '--url', server.url];
    const made = await runCli(args, { node_flags: old_node, input: '{"n":1}' });
    expect(made).toMatchObject({ code: 0, stdout: `${idOf(1)}\n` });
    expect(server.stored).toMatchObject([{ context: { n: 1 } }]);
    const missing = await runCli(['breadcrumb', 'get', 'x', '--url', server.url], {
      node_flags: old_node,
    });
    expect(missing).toMatchObject({ code: 7, stdout: '' });
  });

  it('passes signals on', async () => {
    await using server = await startStubServer();
    const tail = startCli(['tail', '--url', server.url], { node_flags: old_node });
    await server.opened(1);
    server.add({ title: 'First' });
    await tail.wrote('First');
    tail.child.kill('SIGINT');
    await expect(tail.done).resolves.toMatchObject({ code: 0 });
  });

  it('says what to do when there is no newer Node to hand over to', async () => {
    const run = await runCli(['tail'], { node_flags: old_node, env: { CAIRN_HANDED_OVER: '1' } });
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^cairn needs Node 24 and this is v\S+\. Run `npm ci`/);
  });
});
