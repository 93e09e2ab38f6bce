import {
  AgentDefinition,
  SCHEMAS,
  sessionTag,
  TAGS,
  type AgentResponse,
  type BreadcrumbFull,
} from '@cairn/protocol';
import { Value } from 'typebox/value';
import type { Clock } from '../../base/index.ts';
import type { Breadcrumbs } from '../../breadcrumbs/index.ts';
import type { Principal } from '../../http/index.ts';
import type { FinishReason } from '../models/index.ts';
import { addressTags } from './address-message.ts';
import type { AnswerFeed, News } from './answer-feed.ts';
import { ChatError, toChatError } from './chat-error.ts';
import { GrowingText } from './join-text.ts';
import type { ChatQuestion } from './read-chat-request.ts';
import type { ServeStore } from './serve-store.ts';

/** How long a request waits for its answer; the agent goes on after that. */
const WAIT_MS = 600_000;
/** Requests that one principal may have open in one process. */
const OPEN_MAX = 100;

export interface ChatPorts {
  readonly breadcrumbs: Breadcrumbs;
  readonly feed: AnswerFeed;
  readonly store: ServeStore;
  readonly clock: Clock;
}

/** An agent as it is talked to. */
export interface ServedAgent {
  readonly definition_id: string;
  readonly name: string;
}

/** The end of an answer. */
export interface Answered {
  readonly response: AgentResponse;
  readonly finish_reason: FinishReason | null;
}

/** A message that was taken down, and the answer to it that is on its way. */
export interface ChatTurn {
  readonly message: BreadcrumbFull;
  /** Rejects with a `ChatError` when the agent fails, and when the wait is over or was given up. */
  readonly answer: Promise<Answered>;
}

/** Puts a client's message to one agent, and waits for the answer. */
export class ChatCompletions {
  readonly #ports: ChatPorts;
  readonly #open = new Map<string, number>();
  readonly #stopping = new AbortController();

  constructor(ports: ChatPorts) {
    this.#ports = ports;
  }

  /** Gives up all waits: the server stops. */
  closeAll(): void {
    this.#stopping.abort();
  }

  /**
   * Takes a message down. `write` is called with text as it is written, and before `answer` resolves it has been called
   * with all of it. `signal` ends the wait, and not the work of the agent.
   * @throws ChatError when the principal waits for too many answers; AppError as creating a record does
   */
  async ask(
    principal: Principal,
    agent: ServedAgent,
    question: ChatQuestion,
    { write, signal }: { write: (text: string) => void; signal: AbortSignal },
  ): Promise<ChatTurn> {
    const leave = this.#enter(principal);
    const waiting = new Waiting(this.#ports, principal.owner_id, write);
    const end = () => {
      waiting.close();
      leave();
    };
    try {
      const streams = await this.#mayStream(principal, agent);
      const message = await this.#write(principal, agent, question);
      waiting.follow(message.id, streams);
      const answer = this.#await(waiting, signal).finally(end);
      return { message, answer };
    } catch (error) {
      end();
      throw error;
    }
  }

  #enter({ owner_id, agent_id }: Principal): () => void {
    const key = `${owner_id} ${agent_id}`;
    const count = this.#open.get(key) ?? 0;
    if (count >= OPEN_MAX) {
      const message = `${OPEN_MAX} requests of yours wait for answers; try again when one has come`;
      throw new ChatError(429, 'rate_limit_exceeded', message);
    }
    this.#open.set(key, count + 1);
    return () => {
      const left = (this.#open.get(key) ?? 1) - 1;
      if (left > 0) this.#open.set(key, left);
      else this.#open.delete(key);
    };
  }

  /** An answer that must fit a schema may be written several times; only the one that fits is told. */
  async #mayStream(principal: Principal, { definition_id }: ServedAgent): Promise<boolean> {
    const reader: Principal = { ...principal, roles: ['curator'] };
    const { context } = await this.#ports.breadcrumbs.get(reader, definition_id);
    return Value.Check(AgentDefinition, context) && context.output_schema === undefined;
  }

  async #write(
    principal: Principal,
    { definition_id, name }: ServedAgent,
    { text, conversation_id, chat }: ChatQuestion,
  ): Promise<BreadcrumbFull> {
    const { full } = await this.#ports.breadcrumbs.create(principal, {
      title: `Message to ${name}`.slice(0, 255),
      schema_name: SCHEMAS.user_message,
      tags: [TAGS.user_message, sessionTag(conversation_id), ...addressTags(definition_id)],
      context: { content: text, conversation_id, chat },
    });
    return full;
  }

  async #await(waiting: Waiting, signal: AbortSignal): Promise<Answered> {
    const gone = new Promise<never>((_, reject) => {
      const give = (status: number, code: string, message: string) => () =>
        reject(new ChatError(status, code, message, { is_final: true }));
      const left = give(499, 'client_closed', 'nobody waits for the answer any more');
      const stops = give(503, 'server_stopping', 'the server stops; the agent will go on later');
      if (signal.aborted) left();
      if (this.#stopping.signal.aborted) stops();
      signal.addEventListener('abort', left, { once: true });
      this.#stopping.signal.addEventListener('abort', stops, { once: true });
      const late = give(504, 'timeout', TOO_LATE);
      const cancel = this.#ports.clock.after(WAIT_MS, late);
      waiting.onClose(() => {
        cancel();
        signal.removeEventListener('abort', left);
        this.#stopping.signal.removeEventListener('abort', stops);
      });
    });
    const answered = await Promise.race([waiting.answer, gone]);
    const { response } = answered;
    if (response.status === 'failed')
      throw toChatError(response.error ?? { class: 'internal', message: response.content });
    return answered;
  }
}

const TOO_LATE = `the agent has not answered within ${WAIT_MS / 60_000} minutes; it goes on, and its answer will stand in the conversation`;

/** Listens for one message's news: from before the message is there, so that none can be missed. */
class Waiting {
  readonly answer: Promise<Answered>;
  readonly #store: ServeStore;
  readonly #write: (text: string) => void;
  readonly #text = new GrowingText();
  readonly #unlisten: () => void;
  readonly #closers: (() => void)[] = [];
  #early: News[] | null = [];
  #message_id = '';
  #streams = true;
  #resolve: (answered: Answered) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor({ feed, store }: ChatPorts, owner_id: string, write: (text: string) => void) {
    this.#store = store;
    this.#write = write;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Who gave up the wait hears of nothing.
    this.answer.catch(() => {});
    this.#unlisten = feed.listen(owner_id, (news) => {
      if (this.#early) this.#early.push(news);
      else this.#hear(news);
    });
  }

  follow(message_id: string, streams: boolean): void {
    this.#message_id = message_id;
    this.#streams = streams;
    const early = this.#early ?? [];
    this.#early = null;
    for (const news of early) this.#hear(news);
  }

  onClose(closer: () => void): void {
    this.#closers.push(closer);
  }

  close(): void {
    this.#unlisten();
    for (const closer of this.#closers) closer();
  }

  #hear(news: News): void {
    if (news.trigger_id !== this.#message_id) return;
    if (news.type === 'answer') this.#take(news).catch(this.#reject);
    else if (news.type === 'agent.delta' && this.#streams) this.#tell(this.#text.add(news));
    else if (news.type === 'agent.status' && news.status === 'thinking') this.#text.nextStep();
  }

  async #take({ owner_id, response, response_id }: Extract<News, { type: 'answer' }>) {
    const end = await this.#store.endOf(owner_id, response.run_id, response_id);
    // Somebody wrote what looks like an answer.
    if (!end) return;
    if (response.status !== 'failed') this.#tell(this.#text.end(response.content));
    this.#resolve({ response, ...end });
  }

  #tell(text: string): void {
    if (text !== '') this.#write(text);
  }
}
