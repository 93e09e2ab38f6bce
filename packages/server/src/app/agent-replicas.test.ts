import { describe, expect, it, onTestFinished } from 'vitest';
import { openPostgres } from '../db/index.ts';
import { silentLog } from '../base/index.ts';
import { newSchemaName, openTestDatabase, POSTGRES_URL } from '../db/testing.ts';
import { list, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel, spoken } from './testing/scripted-model.ts';
import { startTestProgram, type Json } from './testing.ts';

const CONVERSATIONS = 40;
const MESSAGES = 3;

/** PGlite serves one process, so several need a real server. */
describe.skipIf(POSTGRES_URL === undefined)('several processes on one database', () => {
  it('share the conversations: every message is answered once, in order, with what was said before', async () => {
    const schema = newSchemaName();
    const db = await openTestDatabase(schema);
    const environment = (roles: string) => ({
      CAIRN_ROLES: roles,
      DATABASE_URL: String(POSTGRES_URL),
    });
    const by_process = [0, 1].map(() =>
      scriptedModel(({ question, step }) =>
        step === 0 ? { tools: [{ name: 'echo', input: { text: question } }] } : `to ${question}`,
      ),
    );
    const api = await startTestProgram({ db, environment: environment('api') });
    for (const models of by_process) {
      const own = await openPostgres({
        url: String(POSTGRES_URL),
        pool_size: 8,
        schema,
        log: silentLog,
      });
      onTestFinished(() => own.close());
      await startTestProgram({ db: own, models, environment: environment('agents,tools') });
    }
    const token = await api.token();
    const stream = await listen(api, token);
    const conversations = Array.from({ length: CONVERSATIONS }, (_, n) => `c${n}`);
    const messages: Json[] = (
      await Promise.all(
        conversations.map(async (name) => {
          const said: Json[] = [];
          for (let n = 0; n < MESSAGES; n++) said.push(await say(api, token, `${name}.${n}`, name));
          return said;
        }),
      )
    ).flat();
    await Promise.all(messages.map(({ id }) => stream.answerTo(id)));

    const answers = await list(api, token, 'agent.response.v1');
    expect(answers).toHaveLength(CONVERSATIONS * MESSAGES);
    for (const name of conversations) {
      const own = answers.filter(({ context }) => context.conversation_id === name);
      expect(own.map(({ context }) => context.content)).toEqual([
        `to ${name}.0`,
        `to ${name}.1`,
        `to ${name}.2`,
      ]);
    }
    const heard = by_process.flatMap((models) => models.heard);
    expect(heard).toHaveLength(CONVERSATIONS * MESSAGES * 2);
    for (const each of heard.filter(
      ({ question, step }) => step === 0 && question.endsWith('.2'),
    )) {
      const name = each.question.split('.')[0];
      expect(spoken(each)).toEqual([
        `${name}.0`,
        `to ${name}.0`,
        `${name}.1`,
        `to ${name}.1`,
        `${name}.2`,
      ]);
    }
    // Both took part.
    for (const models of by_process) expect(models.heard.length).toBeGreaterThan(20);
  }, 60_000);
});
