import { describe, expect, it } from 'vitest';
import { systemClock } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { agentBody, create } from './testing/conversation.ts';
import { faultyDatabase } from './testing/faulty-database.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel, spoken } from './testing/scripted-model.ts';
import { startTestProgram, type Json } from './testing.ts';

const MESSAGES = { schema_name: 'user.message.v1', any_tags: ['for:reader'] };
const CONTEXTS = { schema_name: 'agent.context.v1', any_tags: ['consumer:reader'] };
const NOTES = { sources: [{ schema_name: 'note.v1', limit: 100 }] };

/** One installation whose processes come and go, with an agent that has something to forget whenever its model is asked. */
async function openHouse(trigger: object) {
  const db = await openTestDatabase();
  const asked = new Map<string, unknown[]>();
  let notes = 0;
  const models = scriptedModel(async (heard) => {
    const { question } = heard;
    asked.set(question, [...(asked.get(question) ?? []), spoken(heard)]);
    const values = [`Note ${notes++}`];
    // A context that is gathered after this is another one.
    await db.query({
      text: `update breadcrumbs set context = jsonb_build_object('text', $1::text) where schema_name = 'note.v1'`,
      values,
    });
    return `Heard: ${question}`;
  });
  const start = async () => {
    const faulty = faultyDatabase(db);
    const environment = { LEASE_SECONDS: '30' };
    const program = await startTestProgram({ db: faulty, models, environment });
    return { program, faulty, token: await program.token() };
  };
  const first = await start();
  const subscriptions = { selectors: [trigger] };
  const body = agentBody('reader', '', { subscriptions, context: NOTES });
  await create(first.program, first.token, body);
  const note = { title: 'Note', schema_name: 'note.v1', tags: [], context: { text: 'first' } };
  await create(first.program, first.token, note);
  return { db, first, start, asked };
}

/** What is left of a turn, which must be the same wherever it was broken. */
async function settled(db: Database, conversation: string): Promise<Json> {
  const end = Date.now() + 45_000;
  for (;;) {
    const { rows } = await db.query<{ unfinished: number }>({
      text: `select
        (select array_agg(context->>'content') from breadcrumbs where schema_name = 'agent.response.v1' and tags @> array['session:' || $1]) as answers,
        (select array_agg(version) from breadcrumbs where schema_name = 'agent.context.v1' and tags @> array['session:' || $1]) as contexts,
        (select array_agg(c.breadcrumb_version) from agent_run_contexts c join agent_runs r on r.id = c.run_id where r.conversation_id = $1) as shown,
        (select array_agg(state) from agent_runs where conversation_id = $1) as runs,
        (select count(*)::int from deliveries where state <> 'done') as unfinished`,
      values: [conversation],
    });
    const [now] = rows;
    if (now?.unfinished === 0 || Date.now() > end) return now;
    await systemClock.sleep(10);
  }
}

describe('a run with a context', () => {
  it.each([
    ['messages', MESSAGES],
    ['contexts', CONTEXTS],
  ])(
    'of an agent triggered by %s ends once and is shown one context when its process dies after any commit',
    async (_, trigger) => {
      const { db, first, start, asked } = await openHouse(trigger);
      let alive = first;
      let points = 0;
      for (; ; points++) {
        const conversation = `c-${points}`;
        const json = {
          title: 'Message',
          schema_name: 'user.message.v1',
          tags: ['for:reader', `session:${conversation}`],
          context: { content: conversation },
        };
        const send = async (): Promise<Json> => {
          const { program, token } = alive;
          const headers = { 'idempotency-key': conversation };
          const answer = await program.request('POST', '/breadcrumbs', { token, json, headers });
          return answer.status === 201 ? answer.body : null;
        };
        const stream = await listen(alive.program, alive.token);
        const { rows } = await db.query<{ seq: number }>({
          text: 'select max(seq) as seq from events',
        });
        const struck = alive.faulty.set({ at: points, side: 'after', is_final: true });
        const message = await send();
        const done = message
          ? stream.answerTo(message.id).then(() => settled(db, conversation))
          : new Promise<never>(() => {});
        const point = await Promise.race([
          struck,
          done.then(
            () => null,
            () => struck,
          ),
        ]);
        if (point !== null) {
          await alive.program.stop().catch(() => {});
          const text = `update deliveries set due_at = clock_timestamp() where state = 'running'`;
          await db.query({ text });
          alive = await start();
        }
        const options = { last_event_id: rows[0]?.seq ?? 0 };
        const again = await listen(alive.program, alive.token, options);
        await again.answerTo((message ?? (await send())).id);
        const whole = { answers: [`Heard: ${conversation}`], contexts: [1], shown: [1] };
        const left = await settled(db, conversation);
        expect({ point, left }).toEqual({
          point,
          left: { ...whole, runs: ['completed'], unfinished: 0 },
        });
        const [shown, ...more] = asked.get(conversation) ?? [];
        for (const each of more) expect(each).toEqual(shown);
        if (point === null) break;
      }
      expect(points).toBeGreaterThan(8);
    },
    240_000,
  );
});
