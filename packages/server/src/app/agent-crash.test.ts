import { describe, expect, it } from 'vitest';
import { systemClock } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { openTestDatabase, POSTGRES_URL } from '../db/testing.ts';
import { create } from './testing/conversation.ts';
import { faultyDatabase } from './testing/faulty-database.ts';
import { listen, type Listener } from './testing/listener.ts';
import { scriptedModel } from './testing/scripted-model.ts';
import { testTool } from './testing/test-tool.ts';
import { startTestProgram, type Json, type TestProgram } from './testing.ts';

/** A model and a tool that notice when they are asked for something that is recorded already. */
function watchful(db: Database) {
  const repeated: string[] = [];
  const count = async (text: string, values: unknown[]) =>
    (await db.query<{ n: number }>({ text, values })).rows[0]?.n ?? 0;
  const models = scriptedModel(async ({ question, step }) => {
    const known = await count(
      `select count(*)::int as n from agent_steps s join agent_runs r on r.id = s.run_id
       where r.conversation_id = $1 and s.seq = $2`,
      [question, step],
    );
    if (known > 0) repeated.push(`model call ${step} of ${question}`);
    const note = (n: number) => ({ name: 'note', input: { n, conversation: question } });
    if (step === 0) return { tools: [note(1)] };
    return step === 1 ? { tools: [note(2), note(3)] } : 'done';
  });
  const note = testTool('note', async (input, context) => {
    const { n, conversation } = input as { n: number; conversation: string };
    const known = await count(
      `select count(*)::int as n from breadcrumbs
       where schema_name = 'tool.response.v1' and tags @> array[$1::text] and context->'output'->>'n' = $2`,
      [`session:${conversation}`, String(n)],
    );
    if (known > 0) repeated.push(`tool call ${n} of ${conversation}`);
    const tags = [`note:${conversation}`];
    await context.breadcrumbs.create({ title: `Note ${n}`, tags, context: { n } });
    return { n };
  });
  return { models, note, repeated };
}

/** One installation, whose processes come and go. */
async function openHouse() {
  const db = await openTestDatabase();
  const { models, note, repeated } = watchful(db);
  const environment = { LEASE_SECONDS: '30' };
  const start = async () => {
    const faulty = faultyDatabase(db);
    const program = await startTestProgram({ db: faulty, models, tools: [note.tool], environment });
    return { program, faulty, token: await program.token() };
  };
  return { db, start, note, repeated };
}

type Process = Awaited<ReturnType<Awaited<ReturnType<typeof openHouse>>['start']>>;

/** Sends the message as a careful client does: the same one again, under the same key, until it is acknowledged. */
async function send({ program, token }: Process, conversation: string): Promise<Json> {
  const json = {
    title: 'Message',
    schema_name: 'user.message.v1',
    tags: ['user:message', `session:${conversation}`],
    context: { content: conversation, conversation_id: conversation },
  };
  const headers = { 'idempotency-key': conversation };
  const { status, body } = await program.request('POST', '/breadcrumbs', { token, json, headers });
  return status === 201 ? body : null;
}

const lastSeq = async (db: Database) => {
  const { rows } = await db.query<{ seq: number }>({
    text: 'select coalesce(max(seq), 0) as seq from events',
  });
  return rows[0]?.seq ?? 0;
};

/** What is left of a turn, which must be the same wherever it was broken. */
async function remains(db: Database, conversation: string): Promise<unknown> {
  const { rows } = await db.query({
    text: `select
      (select array_agg(context->>'content') from breadcrumbs where schema_name = 'agent.response.v1' and tags @> array['session:' || $1]) as answers,
      (select count(*)::int from breadcrumbs where schema_name = 'tool.request.v1' and tags @> array['session:' || $1]) as requests,
      (select count(*)::int from breadcrumbs where schema_name = 'tool.response.v1' and tags @> array['session:' || $1]) as responses,
      (select count(*)::int from breadcrumbs where tags @> array['note:' || $1]) as notes,
      (select array_agg(state) from agent_runs where conversation_id = $1) as runs,
      (select count(*)::int from agent_steps s join agent_runs r on r.id = s.run_id where r.conversation_id = $1) as steps,
      (select count(*)::int from deliveries where state in ('pending', 'running') or state = 'dead') as unfinished`,
    values: [conversation],
  });
  return rows[0];
}

/** The answer is told before the delivery's own end is seen by everybody: waits for what is still under way. */
async function settled(db: Database, conversation: string): Promise<object> {
  const end = Date.now() + 5_000;
  for (;;) {
    const now = (await remains(db, conversation)) as { unfinished: number };
    if (now.unfinished === 0 || Date.now() > end) return now;
    await systemClock.sleep(10);
  }
}

/** Stops a process whose database is gone: that it cannot hand back what it holds is the point. */
async function stopQuietly(program: TestProgram): Promise<void> {
  await program.stop().catch(() => {});
}

const WHOLE = {
  answers: ['done'],
  requests: 3,
  responses: 3,
  notes: 3,
  runs: ['completed'],
  steps: 3,
  unfinished: 0,
};

const expireLeases = (db: Database) =>
  db.query({ text: "update deliveries set due_at = clock_timestamp() where state = 'running'" });

describe('a run with three tool calls', () => {
  it.each(['before', 'after'] as const)(
    'ends once and repeats nothing recorded when its process dies %s any of its commits',
    async (side) => {
      const { db, start, note, repeated } = await openHouse();
      let alive: Process = await start();
      await create(alive.program, alive.token, note.definition);
      let points = 0;
      for (let at = 0; ; at++) {
        const conversation = `${side}-${at}`;
        const since = await lastSeq(db);
        const stream = await listen(alive.program, alive.token);
        const struck = alive.faulty.set({ at, side, is_final: true });
        const message = await send(alive, conversation);
        const point = await Promise.race([struck, answered(stream, message)]);
        points = at;
        if (point === null) break;
        await stopQuietly(alive.program);
        await expireLeases(db);
        alive = await start();
        const again = await listen(alive.program, alive.token, { last_event_id: since });
        const { id } = message ?? (await send(alive, conversation));
        await again.answerTo(id);
        expect({ point, ...(await settled(db, conversation)) }).toEqual({ point, ...WHOLE });
      }
      expect(points).toBeGreaterThan(20);
      expect(repeated).toEqual([]);
    },
    240_000,
  );

  // Each point waits for a retry, which takes a minute in all: on a real server only.
  it.skipIf(POSTGRES_URL === undefined).each(['before', 'after'] as const)(
    'ends once and repeats nothing recorded when the connection breaks %s any of its commits',
    async (side) => {
      const { db, start, note, repeated } = await openHouse();
      const alive = await start();
      await create(alive.program, alive.token, note.definition);
      const stream = await listen(alive.program, alive.token);
      let points = 0;
      for (let at = 0; ; at++) {
        const conversation = `${side}-${at}`;
        const struck = alive.faulty.set({ at, side, is_final: false });
        const message = (await send(alive, conversation)) ?? (await send(alive, conversation));
        const point = await Promise.race([struck, answered(stream, message)]);
        // A claim whose answer got lost is work that nobody does until its lease runs out.
        if (side === 'after' && point?.includes('queue_claim')) await expireLeases(db);
        await stream.answerTo(message.id);
        expect({ point, ...(await settled(db, conversation)) }).toEqual({ point, ...WHOLE });
        points = at;
        if (point === null) break;
      }
      expect(points).toBeGreaterThan(20);
      expect(repeated).toEqual([]);
    },
    240_000,
  );
});

/** Null once the message is answered; never, when it was not acknowledged. */
function answered(stream: Listener, message: Json): Promise<null> {
  return message
    ? stream.answerTo(message.id).then(
        () => null,
        () => new Promise(() => {}),
      )
    : new Promise(() => {});
}
