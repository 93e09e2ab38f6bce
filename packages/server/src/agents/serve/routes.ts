import { AgentModel } from '@cairn/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { messageOf, type Clock, type Log } from '../../base/index.ts';
import type { Breadcrumbs } from '../../breadcrumbs/index.ts';
import type { Bus } from '../../bus/index.ts';
import type { Database } from '../../db/index.ts';
import type { LogTail } from '../../events/index.ts';
import type { HttpServer, Routes } from '../../http/index.ts';
import type { DefinitionStore } from '../definition-store.ts';
import { AnswerFeed } from './answer-feed.ts';
import { ChatCompletions, type ServedAgent } from './chat-completions.ts';
import { ChatError, describeFault, INTERNAL_FAULT } from './chat-error.ts';
import {
  finishOf,
  toChunk,
  toCompletion,
  toUsageChunk,
  type CompletionHead,
} from './compose-completion.ts';
import { ChatCompletionRequest, readChatRequest, type ChatQuestion } from './read-chat-request.ts';
import { ServeStore } from './serve-store.ts';

/** A comment now and then keeps proxies from closing a stream in which nothing is said. */
const KEEP_ALIVE_MS = 10_000;
/** Unsent bytes at which a client counts as gone. */
const BACKLOG_BYTES = 4 * 1_048_576;

export interface ChatRoutesPorts {
  readonly db: Database;
  readonly bus: Bus;
  readonly tail: LogTail;
  readonly clock: Clock;
  readonly log: Log;
  readonly breadcrumbs: Breadcrumbs;
  readonly agents: { readonly definitions: DefinitionStore };
}

interface Chat {
  readonly completions: ChatCompletions;
  readonly definitions: DefinitionStore;
  readonly clock: Clock;
  readonly log: Log;
}

const tags = ['models'];

/**
 * Agents as models of the OpenAI wire: any client of that wire can talk to them. Its errors have that wire's shape, and
 * its answers are the same `agent.response.v1` records as everywhere.
 */
export function chatRoutes(ports: ChatRoutesPorts): Routes {
  return (server: HttpServer) => {
    const feed = new AnswerFeed(ports);
    const store = new ServeStore(ports.db);
    const completions = new ChatCompletions({ ...ports, feed, store });
    const { definitions } = ports.agents;
    const chat: Chat = { completions, definitions, clock: ports.clock, log: ports.log };
    server.addHook('onReady', () => feed.start());
    server.addHook('preClose', async () => completions.closeAll());
    server.addHook('onClose', () => feed.stop());
    server.setErrorHandler((error: unknown, request, reply) =>
      answerFault(error, request, reply, chat),
    );
    addModels(server, definitions);
    addCompletions(server, chat);
  };
}

function addModels(server: HttpServer, definitions: DefinitionStore): void {
  server.get(
    '/models',
    {
      config: { access: 'breadcrumb.read' },
      schema: {
        summary: 'The active agents, as models of the OpenAI wire',
        tags,
        response: {
          200: Type.Object({ object: Type.Literal('list'), data: Type.Array(AgentModel) }),
        },
      },
    },
    async ({ principal }) => {
      const rows = await definitions.listActive(principal.owner_id);
      return { object: 'list' as const, data: rows.map(toModel) };
    },
  );
  server.get(
    '/models/:model',
    {
      config: { access: 'breadcrumb.read' },
      schema: {
        summary: 'One active agent, as a model of the OpenAI wire',
        tags,
        params: Type.Object({ model: Type.String({ maxLength: 300 }) }),
        response: { 200: AgentModel },
      },
    },
    async ({ principal, params }) => {
      const rows = await definitions.listActive(principal.owner_id);
      const row = rows.find(({ agent_name }) => agent_name === params.model);
      if (!row) throw noSuchModel(params.model);
      return toModel(row);
    },
  );
}

function addCompletions(server: HttpServer, chat: Chat): void {
  server.post(
    '/chat/completions',
    {
      config: { access: 'breadcrumb.create' },
      schema: {
        summary: 'Talk to an agent in the OpenAI shape',
        description:
          'The message becomes a user.message.v1 that only this agent answers. The conversation is that of x-conversation-id or metadata.conversation_id, else one by the opening of the chat. Earlier messages of the request stand in place of the recorded conversation. Model, parameters and tools are those of the agent’s definition. Answers are waited for 10 minutes.',
        tags,
        body: ChatCompletionRequest,
      },
    },
    async (request, reply) => {
      const { body, principal } = request;
      const question = readChatRequest(body, {
        principal_id: principal.agent_id,
        named: namedIn(request.headers['x-conversation-id']),
      });
      const definition_id = await chat.definitions.findActive(principal.owner_id, body.model);
      if (definition_id === null) throw noSuchModel(body.model);
      const asked = { agent: { definition_id, name: body.model }, question };
      reply.header('x-conversation-id', encodeURIComponent(question.conversation_id));
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      if (body.stream !== true) return answerWhole(request, asked, { chat, signal: gone.signal });
      const include_usage = body.stream_options?.include_usage === true;
      return answerInPieces({ request, reply, gone, chat, include_usage }, asked);
    },
  );
}

interface Asked {
  readonly agent: ServedAgent;
  readonly question: ChatQuestion;
}

async function answerWhole(
  { principal }: FastifyRequest,
  { agent, question }: Asked,
  { chat, signal }: { chat: Chat; signal: AbortSignal },
) {
  const listener = { write: () => {}, signal };
  const { message, answer } = await chat.completions.ask(principal, agent, question, listener);
  const { response, finish_reason } = await answer;
  const head = headOf(message, agent, chat);
  return toCompletion(head, response, finishOf(response, finish_reason));
}

/** Sends text as it is written. What goes wrong before the message is taken down is answered with its status. */
async function answerInPieces(
  about: {
    request: FastifyRequest;
    reply: FastifyReply;
    gone: AbortController;
    chat: Chat;
    include_usage: boolean;
  },
  { agent, question }: Asked,
): Promise<void> {
  const { request, reply, gone, chat, include_usage } = about;
  const early: string[] = [];
  let write = (text: string): void => void early.push(text);
  const { message, answer } = await chat.completions.ask(request.principal, agent, question, {
    write: (text) => write(text),
    signal: gone.signal,
  });
  const head = headOf(message, agent, chat);
  const send = (data: unknown) => {
    if (reply.raw.destroyed) return;
    reply.raw.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
    // Who does not read does not wait.
    if (reply.raw.writableLength > BACKLOG_BYTES) reply.raw.destroy();
  };
  reply.hijack();
  reply.raw.on('error', () => {});
  request.raw.socket.setTimeout(0);
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  send(toChunk(head, { role: 'assistant', content: '' }));
  write = (content) => send(toChunk(head, { content }));
  for (const text of early) write(text);
  const cancel = keepAlive(reply, chat.clock);
  try {
    const { response, finish_reason } = await answer;
    send(toChunk(head, {}, finishOf(response, finish_reason)));
    if (include_usage) send(toUsageChunk(head, response));
    send('[DONE]');
  } catch (error) {
    const fault = describeFault(error);
    if (!fault) chat.log.error({ request_id: request.id, err: error }, 'a chat request failed');
    send(fault?.body ?? INTERNAL_FAULT);
  } finally {
    cancel();
    reply.raw.end();
  }
}

function keepAlive(reply: FastifyReply, clock: Clock): () => void {
  let cancel = () => {};
  const next = () => {
    cancel = clock.after(KEEP_ALIVE_MS, () => {
      if (!reply.raw.destroyed) reply.raw.write(': still at it\n\n');
      next();
    });
  };
  next();
  return () => cancel();
}

function answerFault(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { log }: Chat,
): FastifyReply {
  const fault = describeFault(error);
  if (!fault)
    log.error(
      { request_id: request.id, reason: messageOf(error), err: error },
      'a chat request failed',
    );
  const { status, body, is_final } = fault ?? {
    status: 500,
    body: INTERNAL_FAULT,
    is_final: false,
  };
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  // Clients of this wire ask again by themselves, which would have the agent answer twice.
  if (is_final) reply.header('x-should-retry', 'false');
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(body);
}

function headOf(message: { id: string }, { name }: ServedAgent, { clock }: Chat): CompletionHead {
  return { id: `chatcmpl-${message.id}`, model: name, created: Math.floor(clock.now() / 1_000) };
}

function toModel({ agent_name, updated_at }: { agent_name: string; updated_at: string }) {
  const created = Math.floor(Date.parse(updated_at) / 1_000);
  return { id: agent_name, object: 'model' as const, created, owned_by: 'cairn' };
}

function noSuchModel(name: string): ChatError {
  const message = `there is no active agent named ${name.slice(0, 100)}; GET /v1/models lists them`;
  return new ChatError(404, 'model_not_found', message, { param: 'model' });
}

/** A name may hold any character when it is percent-encoded, as it is in the answer. */
function namedIn(header: string | string[] | undefined): string | null {
  const [value] = Array.isArray(header) ? header : [header];
  if (value === undefined || value === '') return null;
  try {
    const name = decodeURIComponent(value);
    if (name.length <= 247 && !name.includes('\0')) return name;
  } catch {
    // Said below.
  }
  throw new ChatError(
    400,
    'invalid_request',
    'x-conversation-id must be a name of at most 247 characters, percent-encoded',
    { param: 'x-conversation-id' },
  );
}
