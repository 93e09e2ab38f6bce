import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPostgresDatabase, NO_POSTGRES } from './postgres-database.ts';
import { startServer, temporaryFolder } from './server-process.ts';

/** Long enough for a lease to pass and a process to start where many run. */
const PATIENCE_MS = 90_000;

/**
 * An address that counts what it is asked, and leaves the first question of some steps without an answer: whoever asked
 * dies waiting.
 */
async function startCounter(held: readonly string[]) {
  const asked: string[] = [];
  const waiting = new Map<string, () => void>();
  const server = createServer((request, response: ServerResponse) => {
    const step = request.url?.slice(1) ?? '';
    const is_first = !asked.includes(step);
    asked.push(step);
    waiting.get(step)?.();
    if (is_first && held.includes(step)) return;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ step }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  /** Resolves when a step has been asked for. */
  const untilAsked = (step: string) =>
    new Promise<void>((resolve) => {
      waiting.set(step, resolve);
      if (asked.includes(step)) resolve();
    });
  return { asked, untilAsked, host: `localhost:${(server.address() as AddressInfo).port}` };
}

interface Listed {
  readonly id: string;
  readonly context: Record<string, unknown>;
}

/** What a client sees of a server. */
async function openClient(url: string) {
  const send = async (method: string, path: string, token: string | null, body?: unknown) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
    const answer: unknown = await response.json();
    return answer;
  };
  const { token } = (await send('POST', '/auth/token', null, {})) as { token: string };
  return {
    create: async (body: unknown) =>
      ((await send('POST', '/breadcrumbs', token, body)) as { id: string }).id,
    list: async (schema_name: string) => {
      const query = `schema_name=${schema_name}&include_context=true&limit=500`;
      return (await send('GET', `/breadcrumbs?${query}`, token)) as Listed[];
    },
  };
}

describe('a process that runs tools, killed in the middle of a workflow', () => {
  it.skipIf(NO_POSTGRES)(
    'leaves it to another, which repeats no completed step and ends it once',
    async () => {
      const counter = await startCounter(['b2', 'd']);
      const shared = {
        CAIRN_DATA_DIR: await temporaryFolder(),
        DATABASE_URL: await createPostgresDatabase(),
        LEASE_SECONDS: '2',
        TOOL_FETCH_HOSTS: counter.host,
        OUTBOUND_ALLOW_PRIVATE: 'true',
      };
      const api = await startServer({ ...shared, CAIRN_ROLES: 'api' });
      const client = await openClient(api.url);
      const startTools = () => startServer({ ...shared, CAIRN_ROLES: 'tools' });
      const isAnswered = async (step: string) => {
        const requests = await client.list('tool.request.v1');
        const request = requests.find(({ context }) => context['stepId'] === step);
        const answers = await client.list('tool.response.v1');
        return (
          request !== undefined &&
          answers.some(({ context }) => context['request_id'] === request.context['requestId'])
        );
      };

      const ask = (id: string, ...depends_on: string[]) => {
        // Longer than the death of who asks takes, so that none of them fails for its time.
        const input = { url: `http://${counter.host}/${id}`, timeout_s: 60 };
        return { id, tool: 'http_fetch', input, depends_on };
      };
      const steps = [
        ask('a'),
        ask('b1', 'a'),
        ask('b2', 'a'),
        ask('c', 'b1', 'b2'),
        ask('d', 'c'),
        ask('e', 'd'),
      ];
      let tools = await startTools();
      const workflow = await client.create({
        title: 'Workflow',
        schema_name: 'tool.request.v1',
        tags: ['tool:request', 'workspace:tools'],
        context: { tool: 'workflow', input: { steps }, requestId: 'the-workflow' },
      });

      // One of two steps that run at the same time has ended; the other is under way.
      await counter.untilAsked('b2');
      await expect.poll(() => isAnswered('b1'), { timeout: PATIENCE_MS }).toBe(true);
      await tools.kill();
      tools = await startTools();
      await counter.untilAsked('d');
      await tools.kill();
      await startTools();

      const answersOf = async (id: string) =>
        (await client.list('tool.response.v1')).filter(
          ({ context }) =>
            (context['caused_by'] as { tool_request_id?: unknown }).tool_request_id === id,
        );
      await expect
        .poll(async () => (await answersOf(workflow)).length, { timeout: PATIENCE_MS })
        .toBe(1);
      const [answer] = await answersOf(workflow);
      expect(answer?.context).toMatchObject({
        status: 'success',
        output: { executionOrder: ['a', 'b1', 'b2', 'c', 'd', 'e'] },
      });
      // Twice only what was cut off in the middle.
      const times = (step: string) => counter.asked.filter((each) => each === step).length;
      expect(steps.map(({ id }) => [id, times(id)])).toEqual([
        ['a', 1],
        ['b1', 1],
        ['b2', 2],
        ['c', 1],
        ['d', 2],
        ['e', 1],
      ]);
      const requests = (await client.list('tool.request.v1')).map(
        ({ context }) => context['stepId'],
      );
      expect(steps.map(({ id }) => requests.filter((each) => each === id).length)).toEqual(
        steps.map(() => 1),
      );
      expect(await client.list('tool.response.v1')).toHaveLength(steps.length + 1);
    },
    300_000,
  );
});
