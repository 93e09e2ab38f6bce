import { expect } from 'vitest';
import type { Json, TestProgram } from '../testing.ts';

/** Says something as a chat client does, with a tag and in the context. The answer is the stored message. */
export async function say(
  program: TestProgram,
  token: string,
  content: string,
  conversation_id: string,
  more: Record<string, unknown> = {},
): Promise<Json> {
  return create(program, token, {
    title: 'Message',
    schema_name: 'user.message.v1',
    tags: ['user:message', `session:${conversation_id}`],
    context: { content, conversation_id },
    ...more,
  });
}

/** Creates a breadcrumb, and fails when that is refused. */
export async function create(
  program: TestProgram,
  token: string,
  json: Record<string, unknown>,
): Promise<Json> {
  const { status, body } = await program.request('POST', '/breadcrumbs', { token, json });
  if (status !== 201) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
}

/** The body of an agent that answers messages with this tag. */
export function agentBody(
  name: string,
  tag: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    title: `Agent: ${name}`,
    schema_name: 'agent.def.v1',
    tags: ['agent:def'],
    context: {
      agent_id: name,
      system_prompt: `You are ${name}.`,
      subscriptions: { selectors: [{ schema_name: 'user.message.v1', any_tags: [tag] }] },
      ...more,
    },
  };
}

/** Breadcrumbs of a schema, oldest first, with their contexts. */
export async function list(
  program: TestProgram,
  token: string,
  schema_name: string,
  tag?: string,
): Promise<Json[]> {
  const query = new URLSearchParams({ schema_name, include_context: 'true', limit: '500' });
  if (tag) query.set('tag', tag);
  const { body } = await program.request('GET', `/breadcrumbs?${query}`, { token });
  return body.toSorted((a: Json, b: Json) => (a.id < b.id ? -1 : 1));
}

/** A run as the runs module has it, once it is as it is wanted. */
async function runWith(
  program: TestProgram,
  token: string,
  run_id: string,
  is_wanted: (run: Json) => boolean,
): Promise<Json> {
  let run: Json;
  const is_there = async () => {
    const { status, body } = await program.request('GET', `/v1/runs/${run_id}?view=full`, {
      token,
    });
    run = body;
    return status === 200 && is_wanted(body);
  };
  await expect.poll(is_there).toBe(true);
  return run;
}

/** A run that goes on, as soon as so many of its steps are told. */
export function openRun(
  program: TestProgram,
  token: string,
  run_id: string,
  steps: number,
): Promise<Json> {
  return runWith(
    program,
    token,
    run_id,
    (run) => run.status === 'running' && run.steps.length >= steps,
  );
}

/** A run that has ended, as soon as it is told. */
export function endedRun(program: TestProgram, token: string, run_id: string): Promise<Json> {
  return runWith(program, token, run_id, ({ status }) => status !== 'running');
}
