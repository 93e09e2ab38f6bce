import { SCHEMAS, type AgentDelta, type AgentResponse, type AgentStatus } from '@cairn/protocol';
import { isUuid } from '../../base/index.ts';
import type { Bus } from '../../bus/index.ts';
import { TOPICS, type LoggedEvent, type LogTail } from '../../events/index.ts';

/** What is heard of the work on a message. */
export type News =
  | AgentDelta
  | AgentStatus
  | {
      readonly type: 'answer';
      readonly owner_id: string;
      readonly trigger_id: string;
      readonly response_id: string;
      readonly response: AgentResponse;
    };

type Listener = (news: News) => void;

/** Tells of answers, and of text while it is written, wherever the run is worked on. */
export class AnswerFeed {
  readonly #bus: Bus;
  readonly #tail: Pick<LogTail, 'onEvents'>;
  readonly #listeners = new Set<Listener>();
  #end: (() => Promise<void>) | null = null;

  constructor(ports: { bus: Bus; tail: Pick<LogTail, 'onEvents'> }) {
    this.#bus = ports.bus;
    this.#tail = ports.tail;
  }

  async start(): Promise<void> {
    if (this.#end) return;
    const unlisten = this.#tail.onEvents((events) => {
      if (this.#listeners.size === 0) return;
      for (const event of events) this.#tell(toAnswer(event));
    });
    const unsubscribe = await this.#bus.subscribe(TOPICS.ephemeral, (message) => {
      if (this.#listeners.size > 0 && message !== null) this.#tell(toPiece(message));
    });
    this.#end = async () => {
      unlisten();
      await unsubscribe();
    };
  }

  async stop(): Promise<void> {
    await this.#end?.();
    this.#end = null;
  }

  /** Calls `hear` with all news of the tenant's messages, until the answer is called. */
  listen(owner_id: string, hear: Listener): () => void {
    const listener: Listener = (news) => {
      if (news.owner_id === owner_id) hear(news);
    };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(news: News | null): void {
    if (news) for (const hear of this.#listeners) hear(news);
  }
}

function toPiece(message: string): News | null {
  const event = JSON.parse(message) as AgentDelta | AgentStatus | { type: 'tool.progress' };
  return event.type === 'agent.delta' || event.type === 'agent.status' ? event : null;
}

/** Anybody may write such a record, so it is read with care; whether a run stands behind it is asked later. */
function toAnswer(event: LoggedEvent): News | null {
  if (event.schema_name !== SCHEMAS.agent_response || event.kind !== 'created') return null;
  const response = (event.context ?? {}) as Partial<AgentResponse>;
  const { trigger_id } = response.caused_by ?? {};
  const is_whole = typeof response.content === 'string' && typeof response.run_id === 'string';
  if (typeof trigger_id !== 'string' || !is_whole || !isUuid(response.run_id ?? '')) return null;
  const { owner_id, breadcrumb_id: response_id } = event;
  return {
    type: 'answer',
    owner_id,
    trigger_id,
    response_id,
    response: response as AgentResponse,
  };
}
