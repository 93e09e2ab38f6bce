import { CairnClient } from '@cairn/sdk';
import { SCHEMAS, type BreadcrumbCreate } from '@cairn/protocol';

const TOPICS = ['billing', 'support', 'research', 'deploys', 'invoices', 'onboarding'] as const;
const CONVERSATIONS = 40;
const AUTHORS = 8;
const SECRETS = 6;
/** Requests under way at once. */
const AT_ONCE = 16;

/**
 * Makes a graph of about `nodes` nodes and half as many edges again in an empty server in dev mode: notes of several
 * agents in conversations, tools with secrets, and definitions whose selectors match the notes. No agent is moved by
 * them: the definitions come last.
 */
export async function fillCanvas(base_url: string, nodes: number): Promise<void> {
  const authors = Array.from(
    { length: AUTHORS },
    (_, at) => new CairnClient({ base_url, agent_id: `00000000-0000-4000-8000-00000000ca0${at}` }),
  );
  const bodies = Array.from({ length: nodes - 100 }, (_, at) => noteBody(at));
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < bodies.length; at = next++) {
      const [client, body] = [authors[at % AUTHORS], bodies[at]];
      if (client !== undefined && body !== undefined) await client.createBreadcrumb(body);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const curator = new CairnClient({ base_url });
  for (let at = 0; at < SECRETS; at++) {
    const name = `BENCH_KEY_${at}`;
    await curator.secrets.create({ name, scope_type: 'global', value: 'not a secret' });
    await curator.createBreadcrumb(toolBody(at, name));
  }
  for (const topic of TOPICS) await curator.createBreadcrumb(definitionBody(topic));
}

function noteBody(at: number): BreadcrumbCreate {
  const topic = TOPICS[at % TOPICS.length] ?? 'billing';
  // A third belongs to a conversation, most in the first ones, as people talk.
  const conversation = Math.floor(((at * 7) % 97) ** 2 / (97 ** 2 / CONVERSATIONS));
  const session = at % 3 === 0 ? [`session:bench-${conversation}`] : [];
  return {
    title: `${topic}: note ${at} about what happened and what to do next`,
    schema_name: 'note.v1',
    tags: ['bench:note', `topic:${topic}`, `priority:${at % 5}`, ...session],
    context: { text: `Note ${at} on ${topic}.`, priority: at % 5 },
  };
}

function toolBody(at: number, secret: string): BreadcrumbCreate {
  return {
    title: `Bench tool ${at}`,
    schema_name: SCHEMAS.tool_code,
    tags: ['tool', 'workspace:tools'],
    context: {
      name: `bench_tool_${at}`,
      description: 'Does nothing.',
      code: { language: 'javascript', source: 'export async function execute() { return {}; }' },
      input_schema: { type: 'object' },
      required_secrets: [secret],
    },
  };
}

function definitionBody(topic: string): BreadcrumbCreate {
  return {
    title: `Agent for ${topic}`,
    schema_name: SCHEMAS.agent_definition,
    tags: ['agent:def', 'workspace:agents'],
    context: {
      agent_id: `${topic}-agent`,
      system_prompt: 'Say nothing.',
      subscriptions: {
        selectors: [
          { all_tags: [`topic:${topic}`, 'priority:1'], schema_name: 'note.v1', role: 'trigger' },
          { all_tags: [`topic:${topic}`, 'priority:2'], schema_name: 'note.v1', role: 'context' },
          { any_tags: ['priority:3', 'priority:4'], all_tags: [`topic:${topic}`], role: 'context' },
        ],
      },
    },
  };
}
