import {
  DEFAULT_EVENT_TYPES,
  type BreadcrumbEvent,
  type CompiledSelector,
  type EphemeralEvent,
  type LoggedEventType,
} from '@cairn/protocol';
import { AppError, messageOf, newId, type Log, type Service } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Principal, SseConnection } from '../http/index.ts';
import { TOPICS, type LoggedEvent } from './contract.ts';
import type { LogTail } from './log-tail.ts';
import { SelectorIndex } from './selector-index.ts';
import type { EventStore } from './store.ts';

/** Open streams of one process, and of one agent in it. */
const STREAMS_MAX = 10_000;
const STREAMS_MAX_PER_AGENT = 100;
/** The most events that are replayed; who has missed more is told to read the lists again. */
const REPLAY_MAX = 10_000;
const REPLAY_PAGE = 500;

/** Whether a principal may see what an event tells. Given by the policy of the module above. */
export type MaySee = (principal: Principal, event: LoggedEvent) => boolean;

export interface StreamRequest {
  readonly principal: Principal;
  readonly selector: CompiledSelector;
  /** Types to carry; null means the default ones. */
  readonly types: ReadonlySet<string> | null;
  /** Replay what came after this sequence. */
  readonly after: number | null;
}

interface Stream extends StreamRequest {
  readonly id: string;
  readonly connection: SseConnection;
  readonly types: ReadonlySet<string>;
  /** Events up to here were sent by the replay; null while it runs. */
  caught_up_to: number | null;
  /** What came in while the replay ran. */
  waiting: LoggedEvent[];
}

/** Sends events to the open streams of this process. */
export class StreamHub implements Service {
  readonly name = 'event streams';
  readonly #store: EventStore;
  readonly #tail: LogTail;
  readonly #bus: Bus;
  readonly #may_see: MaySee;
  readonly #log: Log;
  readonly #streams = new Map<string, Stream>();
  readonly #index = new SelectorIndex<Stream>();
  #endings: (() => unknown)[] = [];

  constructor(ports: { store: EventStore; tail: LogTail; bus: Bus; may_see: MaySee; log: Log }) {
    this.#store = ports.store;
    this.#tail = ports.tail;
    this.#bus = ports.bus;
    this.#may_see = ports.may_see;
    this.#log = ports.log;
  }

  get size(): number {
    return this.#streams.size;
  }

  async start(): Promise<void> {
    if (this.#endings.length > 0) return;
    this.#endings = [
      this.#tail.onEvents((events) => events.forEach((event) => this.#deliver(event))),
      await this.#bus.subscribe(TOPICS.ephemeral, (message) => this.#deliverEphemeral(message)),
    ];
  }

  async stop(): Promise<void> {
    for (const { connection } of this.#streams.values()) connection.close('server_stopping');
    for (const end of this.#endings) await end();
    this.#endings = [];
  }

  /** @throws AppError too_many_streams */
  assertRoom(principal: Principal): void {
    if (this.#streams.size >= STREAMS_MAX)
      throw new AppError('too_many_streams', `this server has ${STREAMS_MAX} open streams`);
    let own = 0;
    for (const stream of this.#streams.values()) {
      if (
        stream.principal.agent_id === principal.agent_id &&
        stream.principal.owner_id === principal.owner_id
      )
        own++;
    }
    if (own >= STREAMS_MAX_PER_AGENT) {
      throw new AppError(
        'too_many_streams',
        `this agent has ${STREAMS_MAX_PER_AGENT} open streams; close some first`,
      );
    }
  }

  /** Adds a stream, replays what it missed, then goes on with what is new. The answer takes it out again. */
  async open(
    request: StreamRequest,
    connect: (onClose: () => void) => SseConnection,
  ): Promise<void> {
    const id = newId();
    const connection = connect(() => {
      this.#streams.delete(id);
      this.#index.remove(id);
    });
    const types = request.types ?? new Set<string>(DEFAULT_EVENT_TYPES);
    const stream: Stream = { ...request, id, connection, types, caught_up_to: null, waiting: [] };
    this.#streams.set(id, stream);
    this.#index.add(id, request.principal.owner_id, request.selector, stream);
    try {
      stream.caught_up_to = request.after === null ? 0 : await this.#replay(stream, request.after);
    } catch (error) {
      this.#log.warn({ reason: messageOf(error) }, 'a replay failed');
      return connection.close('replay_failed');
    }
    for (const event of stream.waiting) this.#send(stream, event);
    stream.waiting = [];
  }

  /** Sends what the log holds after `after`. Says up to which sequence that was. */
  async #replay(stream: Stream, after: number): Promise<number> {
    const upto = this.#tail.watermark;
    const { first, last } = await this.#store.bounds();
    // Another process may be ahead of our tail: what it has shown the client is in the log, though not yet in ours.
    if (after > upto && after <= last) return after;
    const lost = after > upto || (first > 0 && after + 1 < first);
    if (lost || upto - after > REPLAY_MAX) {
      const reason = lost
        ? 'that sequence is not in the log'
        : `more than ${REPLAY_MAX} events were missed`;
      stream.connection.send(JSON.stringify({ type: 'resync', seq: upto, reason }), upto);
      return upto;
    }
    let at = after;
    while (at < upto && stream.connection.isOpen) {
      const events = await this.#store.readTenant(stream.principal.owner_id, at, upto, REPLAY_PAGE);
      for (const event of events) if (stream.selector.matches(event)) this.#write(stream, event);
      at = events.length === REPLAY_PAGE ? (events.at(-1)?.seq ?? upto) : upto;
    }
    return upto;
  }

  #deliver(event: LoggedEvent): void {
    for (const stream of this.#index.match(event.owner_id, event)) {
      if (stream.caught_up_to === null) stream.waiting.push(event);
      else this.#send(stream, event);
    }
  }

  #send(stream: Stream, event: LoggedEvent): void {
    if (event.seq > (stream.caught_up_to ?? 0)) this.#write(stream, event);
  }

  #write(stream: Stream, event: LoggedEvent): void {
    if (!this.#may_see(stream.principal, event)) return;
    // A create goes by two names. Only the last frame of an event has its id, so that a cut between them repeats both.
    const names = namesOf(event).filter((type) => stream.types.has(type));
    names.forEach((type, index) => {
      const is_last = index === names.length - 1;
      stream.connection.send(frame(type, event), is_last ? event.seq : undefined);
    });
  }

  #deliverEphemeral(message: string | null): void {
    if (message === null) return;
    const event = JSON.parse(message) as EphemeralEvent & { tags: string[] };
    const { tags, ...body } = event;
    const json = JSON.stringify(body);
    for (const stream of this.#index.match(event.owner_id, {
      tags,
      schema_name: null,
      context: body,
    })) {
      if (stream.types.has(event.type)) stream.connection.send(json);
    }
  }
}

function namesOf({ kind }: LoggedEvent): LoggedEventType[] {
  if (kind === 'created') return ['breadcrumb.created', 'breadcrumb.updated'];
  return [kind === 'updated' ? 'breadcrumb.updated' : 'breadcrumb.deleted'];
}

/** One text for an event, however many streams carry it. */
const frames = new WeakMap<LoggedEvent, Map<LoggedEventType, string>>();

function frame(type: LoggedEventType, event: LoggedEvent): string {
  const known = frames.get(event) ?? new Map<LoggedEventType, string>();
  frames.set(event, known);
  const text = known.get(type) ?? JSON.stringify(toWire(type, event));
  known.set(type, text);
  return text;
}

function toWire(type: LoggedEventType, event: LoggedEvent): BreadcrumbEvent {
  const {
    seq,
    breadcrumb_id,
    owner_id,
    version,
    title,
    tags,
    schema_name,
    updated_at,
    updated_by,
    context,
  } = event;
  return {
    type,
    seq,
    breadcrumb_id,
    owner_id,
    version,
    title,
    tags: [...tags],
    schema_name,
    updated_at,
    updated_by,
    ...(context === null ? {} : { context }),
  };
}
