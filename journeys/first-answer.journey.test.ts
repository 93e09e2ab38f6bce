import { answerTo, CairnClient } from '@cairn/sdk';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli, startCli } from '../packages/cli/test/run-cli.ts';
import { createPostgresDatabase, NO_POSTGRES } from './postgres-database.ts';
import { startPostgres } from '../scripts/service-processes.ts';
import { startServer, temporaryFolder } from './server-process.ts';

const QUESTION = 'what is 17% of 2340?';
const TRAIL = ['user.message.v1', 'tool.request.v1', 'tool.response.v1', 'agent.response.v1'];

/** Asks from one shell while another watches. */
async function askAndWatch(
  url: string,
): Promise<{ answer: string; trail: (string | undefined)[] }> {
  const env = { CAIRN_URL: url };
  const tail = startCli(['tail'], { env });
  await tail.wrote('Listening to');
  const say = await runCli(['say', QUESTION], { env });
  expect(say.code, say.stderr).toBe(0);
  await tail.wrote('agent.response.v1');
  tail.child.kill('SIGINT');
  const { stdout } = await tail.done;
  // A server that has just started also writes of what it has: catalogues, and the state of definitions.
  const trail = stdout
    .trim()
    .split('\n')
    .flatMap((line) => TRAIL.find((name) => line.includes(name)) ?? []);
  return { answer: say.stdout, trail };
}

describe('the first answer', () => {
  it('comes from one process with nothing installed, and every step is a breadcrumb that arrives live', async () => {
    const folder = await temporaryFolder();
    const server = await startServer({ CAIRN_DATA_DIR: folder });
    expect(server.banner).toMatch(/http:\/\/localhost:\d+ · dev mode · PGlite/);
    const { answer, trail } = await askAndWatch(server.url);
    expect(answer).toContain('397.8');
    expect(trail).toEqual(TRAIL);
    const { code, took_ms } = await server.stop();
    expect(code).toBe(0);
    expect(took_ms).toBeLessThan(5_000);

    // The second start finds everything, adds nothing, and goes on with the conversation's records.
    const again = await startServer({ CAIRN_DATA_DIR: folder });
    const client = new CairnClient({ base_url: again.url });
    const definitions = await client.listBreadcrumbs({ schema_name: 'agent.def.v1' });
    const tools = await client.listBreadcrumbs({ schema_name: 'tool.v1' });
    const answers = await client.listBreadcrumbs({ schema_name: 'agent.response.v1' });
    expect([definitions, tools, answers].map(({ items }) => items.length)).toEqual([1, 11, 1]);
  });

  it.skipIf(NO_POSTGRES)(
    'comes from api, agents and tools in processes of their own on PostgreSQL',
    async () => {
      const shared = {
        CAIRN_DATA_DIR: await temporaryFolder(),
        DATABASE_URL: await createPostgresDatabase(),
      };
      const api = await startServer({ ...shared, CAIRN_ROLES: 'api' });
      const agents = await startServer({ ...shared, CAIRN_ROLES: 'agents' });
      const tools = await startServer({ ...shared, CAIRN_ROLES: 'tools' });
      expect(agents.url).toBe('');
      const { answer, trail } = await askAndWatch(api.url);
      expect(answer).toContain('397.8');
      expect(trail).toEqual(TRAIL);
      for (const each of [tools, agents, api]) expect((await each.stop()).code).toBe(0);
    },
  );

  it.skipIf(NO_POSTGRES)(
    'is given by another process when the one that began it is killed',
    async () => {
      const shared = {
        CAIRN_DATA_DIR: await temporaryFolder(),
        DATABASE_URL: await createPostgresDatabase(),
        LEASE_SECONDS: '2',
      };
      const api = await startServer({ ...shared, CAIRN_ROLES: 'api' });
      const doomed = await startServer({ ...shared, CAIRN_ROLES: 'agents' });
      const client = new CairnClient({ base_url: api.url });
      const bridge = client.events();
      await bridge.start();
      const message = await client.sendMessage({ content: QUESTION });
      await bridge.waitForEvent({ schema_name: 'tool.request.v1' });
      // It has asked for a tool and nobody answers yet: its run rests in the database when it dies.
      await doomed.kill();
      await startServer({ ...shared, CAIRN_ROLES: 'agents,tools' });
      const { context } = await bridge.waitForEvent(answerTo(message.id));
      expect(context).toMatchObject({ status: 'completed' });
      expect(
        (await client.listBreadcrumbs({ schema_name: 'agent.response.v1' })).items,
      ).toHaveLength(1);
      expect(
        (await client.listBreadcrumbs({ schema_name: 'tool.response.v1' })).items,
      ).toHaveLength(1);
      await bridge.stop();
    },
  );

  it.skipIf(NO_POSTGRES)(
    'comes also after the database was away, from processes that nobody had to start again',
    async () => {
      const postgres = await startPostgres();
      onTestFinished(() => postgres.stop());
      const shared = { CAIRN_DATA_DIR: await temporaryFolder(), DATABASE_URL: postgres.url };
      const api = await startServer({ ...shared, CAIRN_ROLES: 'api' });
      // It listens nowhere: without its database it has no open connection at all.
      await startServer({ ...shared, CAIRN_ROLES: 'agents,tools' });
      const client = new CairnClient({ base_url: api.url, max_retries: 0 });
      await client.ask({ content: QUESTION });
      await postgres.kill();
      await expect
        .poll(() => client.ready().catch(({ code }: { code: string }) => code))
        .toBe('unavailable');
      await postgres.restart();
      await expect.poll(() => client.ready().catch(() => null)).not.toBeNull();
      const { context } = await client.ask({ content: QUESTION });
      expect(context.content).toContain('397.8');
    },
  );
});
