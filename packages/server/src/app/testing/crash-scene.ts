import { expect } from 'vitest';
import { systemClock } from '../../base/index.ts';
import type { Database } from '../../db/index.ts';
import { openTestDatabase } from '../../db/testing.ts';
import { create } from './conversation.ts';
import { faultyDatabase } from './faulty-database.ts';
import { listen, type Listener } from './listener.ts';
import { scriptedModel } from './scripted-model.ts';
import { testTool } from './test-tool.ts';
import { startTestProgram, type Json, type TestProgram } from '../testing.ts';

/** A place outside of the database at which the process is to die. */
interface CallPoint {
  readonly name: string;
  readonly die: () => void;
}

/**
 * A model and tools that notice when they are asked for something that is recorded already. The tool `send` needs the
 * consent of a person. `calls` are the external calls of a run in their order, and `point` is where it dies.
 */
function watchful(db: Database) {
  const repeated: string[] = [];
  const calls: string[] = [];
  const setting: { point: CallPoint | null } = { point: null };
  const pass = async (name: string): Promise<void> => {
    calls.push(name);
    const { point } = setting;
    if (point?.name !== name) return;
    setting.point = null;
    point.die();
    // A process that was killed goes no further.
    await new Promise(() => {});
  };
  const count = async (text: string, values: unknown[]) =>
    (await db.query<{ n: number }>({ text, values })).rows[0]?.n ?? 0;
  const models = scriptedModel(async ({ question, step }) => {
    await pass(`model call ${step} begins`);
    const known = await count(
      `select count(*)::int as n from agent_steps s join agent_runs r on r.id = s.run_id
       where r.conversation_id = $1 and s.seq = $2`,
      [question, step],
    );
    if (known > 0) repeated.push(`model call ${step} of ${question}`);
    await pass(`model call ${step} ends`);
    const use = (name: string, n: number) => ({ name, input: { n, conversation: question } });
    if (step === 0) return { tools: [use('note', 1)] };
    return step === 1 ? { tools: [use('note', 2), use('send', 3)] } : 'done';
  });
  const execute: Parameters<typeof testTool>[1] = async (input, context) => {
    const { n, conversation } = input as { n: number; conversation: string };
    const known = await count(
      `select count(*)::int as n from breadcrumbs
       where schema_name = 'tool.response.v1' and tags @> array[$1::text] and context->'output'->>'n' = $2`,
      [`session:${conversation}`, String(n)],
    );
    if (known > 0) repeated.push(`tool call ${n} of ${conversation}`);
    await pass(`tool call ${n} begins`);
    const tags = [`note:${conversation}`];
    await context.breadcrumbs.create({ title: `Note ${n}`, tags, context: { n } });
    await pass(`tool call ${n} ends`);
    return { n };
  };
  const tools = [testTool('note', execute), testTool('send', execute)];
  const definitions = tools.map(({ definition }, index) => ({
    ...definition,
    context: { ...(definition['context'] as object), requires_approval: index === 1 },
  }));
  return { models, tools: tools.map(({ tool }) => tool), definitions, repeated, calls, setting };
}

/** One installation, whose processes come and go. */
export async function openHouse() {
  const db = await openTestDatabase();
  const { models, tools, definitions, ...watch } = watchful(db);
  const environment = { LEASE_SECONDS: '30' };
  const start = async () => {
    const faulty = faultyDatabase(db);
    const program = await startTestProgram({ db: faulty, models, tools, environment });
    return { program, faulty, token: await program.token() };
  };
  const begin = async () => {
    const process = await start();
    for (const definition of definitions) await create(process.program, process.token, definition);
    return process;
  };
  return { db, start, begin, ...watch };
}

/** A person who consents to whatever waits for it, at whichever process is alive. */
export function consent(alive: () => Process): { end: () => Promise<void> } {
  const over = new AbortController();
  const work = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const { program, token } = alive();
      const waiting = await program
        .request('GET', '/v1/approvals?state=pending', { token })
        .catch(() => ({ status: 0, body: [] }));
      for (const { id } of waiting.status === 200 ? waiting.body : []) {
        const json = { decision: 'approve' };
        // A request that is cut off is made again, as people do.
        await program.request('POST', `/v1/approvals/${id}`, { token, json }).catch(() => null);
      }
      await systemClock.sleep(20);
    }
  };
  const done = work();
  return {
    async end() {
      over.abort();
      await done;
    },
  };
}

type Process = Awaited<ReturnType<Awaited<ReturnType<typeof openHouse>>['start']>>;

/** Sends the message as a careful client does: the same one again, under the same key, until it is acknowledged. */
export async function send({ program, token }: Process, conversation: string): Promise<Json> {
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

export const lastSeq = async (db: Database) => {
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
      (select array_agg(state) from agent_approvals where conversation_id = $1) as approvals,
      (select count(*)::int from breadcrumbs where schema_name like 'approval.%' and tags @> array['session:' || $1]) as consents,
      (select array_agg(steps_count) from runs where conversation_id = $1 and source = 'cairn') as traces,
      (select count(*)::int from deliveries where state in ('pending', 'running') or state = 'dead') as unfinished`,
    values: [conversation],
  });
  return rows[0];
}

/** The answer is told before the delivery's own end is seen by everybody: waits for what is still under way. */
export async function settled(db: Database, conversation: string): Promise<object> {
  const end = Date.now() + 45_000;
  for (;;) {
    const now = (await remains(db, conversation)) as { unfinished: number };
    if (now.unfinished === 0 || Date.now() > end) return now;
    await systemClock.sleep(10);
  }
}

/** A commit of a turn: its name, and how often that was made before. */
interface Point {
  readonly named: string;
  readonly at: number;
}

/** What moves on by itself, with or without a turn. */
const IDLE = new Set(['events_move_cursor', 'events_lease_cursor', 'queue_heartbeat']);

/** Commits that a turn with three tool calls, one of which needs consent, cannot do without. */
const ESSENTIAL = [
  'agents_insert_run',
  'agents_add_step + agents_add_tool_calls',
  'insert into agent_approvals',
  'update agent_approvals set state',
  'update agent_approvals set settled_at',
  'agents_answer + queue_wake',
  'queue_complete + breadcrumbs_insert',
  'agents_finish + queue_enqueue',
  'runs_take_keys',
];

/** Every commit of a turn by its name and number. */
function pointsOf(commits: readonly string[]): Point[] {
  const seen = new Map<string, number>();
  return commits
    .filter((named) => !IDLE.has(named))
    .map((named) => {
      const at = seen.get(named) ?? 0;
      seen.set(named, at + 1);
      return { named, at };
    });
}

/** Stops a process whose database is gone: that it cannot hand back what it holds is the point. */
export async function stopQuietly(program: TestProgram): Promise<void> {
  await program.stop().catch(() => {});
}

export const WHOLE = {
  answers: ['done'],
  requests: 3,
  responses: 3,
  notes: 3,
  runs: ['completed'],
  steps: 3,
  approvals: ['approved'],
  // The request and its answer.
  consents: 2,
  traces: [6],
  unfinished: 0,
};

export const expireLeases = (db: Database) =>
  db.query({ text: "update deliveries set due_at = clock_timestamp() where state = 'running'" });

/** Null once the message is answered; never, when it was not acknowledged. */
export function answered(stream: Listener, message: Json): Promise<null> {
  return message
    ? stream.answerTo(message.id).then(
        () => null,
        () => new Promise(() => {}),
      )
    : new Promise(() => {});
}

/** Breaks a turn at each of its commits, one turn for each: before it or after it. */
export async function dieAtEachCommit(side: 'before' | 'after'): Promise<void> {
  const { db, start, begin, repeated } = await openHouse();
  let alive: Process = await begin();
  const person = consent(() => alive);
  /** A turn whose process dies at a point, if it comes past it; the answer is the point, or null. */
  const turn = async (conversation: string, point: Point | null): Promise<string | null> => {
    const since = await lastSeq(db);
    const stream = await listen(alive.program, alive.token);
    const struck = alive.faulty.set({ at: 0, named: '', side, is_final: true, ...point });
    const message = await send(alive, conversation);
    const whole = answered(stream, message).then(() => settled(db, conversation));
    const died = await Promise.race([struck, whole.then(() => null)]);
    if (died !== null) {
      await stopQuietly(alive.program);
      await expireLeases(db);
      alive = await start();
      const again = await listen(alive.program, alive.token, { last_event_id: since });
      const { id } = message ?? (await send(alive, conversation));
      await again.answerTo(id);
    }
    expect({ point, ...(await settled(db, conversation)) }).toEqual({ point, ...WHOLE });
    return died;
  };
  await turn(`${side}-whole`, null);
  const died: string[] = [];
  for (const [n, point] of pointsOf(alive.faulty.commits).entries())
    died.push((await turn(`${side}-${n}`, point)) ?? '');
  await person.end();
  for (const name of ESSENTIAL) expect(died.join('\n')).toContain(name);
  expect(repeated).toEqual([]);
}

/** Cuts the connection to the database at each of the commits of a turn; the process lives on. */
export async function breakAtEachCommit(side: 'before' | 'after'): Promise<void> {
  const { db, begin, repeated } = await openHouse();
  const alive = await begin();
  const person = consent(() => alive);
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
  await person.end();
  expect(points).toBeGreaterThan(25);
  expect(repeated).toEqual([]);
}
