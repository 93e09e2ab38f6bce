import { DEFAULT_EVENT_TYPES, type CompiledSelector, type LoggedEventType } from '@cairn/protocol';
import { AppError, messageOf, newId, type Log, type Service } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import { encodeFrame, type Principal, type SseConnection } from '../http/index.ts';
import { TOPICS, type EphemeralFor, type LoggedEvent } from './contract.ts';
import type { LogTail } from './log-tail.ts';
import { SelectorIndex } from './selector-index.ts';
import type { EventStore } from './store.ts';
import { namesOf, streamText } from './wire-event.ts';

/** Open streams of one process, and of one agent in it. */
const STREAMS_MAX = 10_000;
const STREAMS_MAX_PER_AGENT = 100;
/** The most events that are replayed; who has missed more is told to read the lists again. */
const REPLAY_MAX = 10_000;
const REPLAY_PAGE = 100;
/** A client with more unread bytes than this gets the rest from the log, as fast as it reads. */
const BACKLOG_BYTES = 1_048_576;

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

/** Where the frames of a stream go. */
export interface StreamOutlet {
  readonly connection: SseConnection;
  /** Bytes that wait for the client to read. */
  backlog(): number;
  /** Resolves when there is room for more: with false when the client took too long to make some, or is gone. */
  drained(): Promise<boolean>;
}

interface Stream extends StreamRequest {
  readonly id: string;
  readonly outlet: StreamOutlet;
  readonly types: ReadonlySet<string>;
  /** Events up to here were sent, or were not wanted; null while a replay reads them. */
  caught_up_to: number | null;
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
  #started: Promise<void> | null = null;
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
    this.#started ??= this.#begin().catch((error: unknown) => {
      this.#started = null;
      throw error;
    });
    await this.#started;
  }

  async stop(): Promise<void> {
    await this.#started?.catch(() => {});
    this.#started = null;
    this.closeAll('server_stopping');
    const endings = this.#endings;
    this.#endings = [];
    for (const end of endings) await end();
  }

  async #begin(): Promise<void> {
    const unsubscribe = await this.#bus.subscribe(TOPICS.ephemeral, (message) => {
      if (message !== null) this.#deliverEphemeral(JSON.parse(message), null);
    });
    const unsubscribeFor = await this.#bus.subscribe(TOPICS.ephemeral_for, (message) => {
      if (message === null) return;
      const { agent_id, event } = JSON.parse(message) as EphemeralFor;
      this.#deliverEphemeral(event, agent_id);
    });
    const unlisten = this.#tail.onEvents((events) => {
      for (const event of events) this.#deliver(event);
    });
    this.#endings = [unlisten, unsubscribe, unsubscribeFor];
  }

  /** Ends every stream and says why. Clients come back with the last sequence that they saw. */
  closeAll(reason: string): void {
    for (const { outlet } of this.#streams.values()) outlet.connection.close(reason);
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
    connect: (onClose: () => void, position: () => number | undefined) => StreamOutlet,
  ): Promise<void> {
    const id = newId();
    let stream: Stream | null = null;
    // While a replay reads, the client has not been sent all that the tail has seen.
    const position = () => {
      const is_live = stream === null ? request.after === null : stream.caught_up_to !== null;
      return is_live ? this.#tail.watermark : undefined;
    };
    const outlet = connect(() => {
      this.#streams.delete(id);
      this.#index.remove(id);
    }, position);
    // Nothing would ever come on it: the hub was stopped while the request was on its way.
    if (!this.#started) return outlet.connection.close('server_stopping');
    const types = request.types ?? new Set<string>(DEFAULT_EVENT_TYPES);
    stream = { ...request, id, outlet, types, caught_up_to: null };
    this.#streams.set(id, stream);
    this.#index.add(id, request.principal.owner_id, request.selector, stream);
    if (request.after === null) {
      stream.caught_up_to = 0;
      return;
    }
    const opened = stream;
    await this.#catchUp(opened, async () => this.#firstPlace(opened, request.after ?? 0));
  }

  /** Where a replay begins: at what the client has seen, or at the end when the log does not go back so far. */
  async #firstPlace(stream: Stream, after: number): Promise<number> {
    const { first, last } = await this.#store.bounds();
    // Another process may be ahead of our tail: what it has shown the client is in the log, though not yet in ours.
    const is_known = after <= Math.max(last, this.#tail.watermark);
    const is_kept = first === 0 || after + 1 >= first;
    return is_known && is_kept ? after : this.#resync(stream, 'that sequence is not in the log');
  }

  /**
   * Sends what the log holds at the pace at which the client reads, until the stream has caught up with the tail.
   * Events that come meanwhile are not kept for it: it reads those too. So a slow client costs no memory.
   */
  async #catchUp(stream: Stream, from: () => Promise<number>): Promise<void> {
    const { connection } = stream.outlet;
    stream.caught_up_to = null;
    try {
      let at = await from();
      while (at < this.#tail.watermark && connection.isOpen) {
        const upto = this.#tail.watermark;
        if (upto - at > REPLAY_MAX)
          at = this.#resync(stream, `more than ${REPLAY_MAX} were missed`);
        else at = await this.#replay(stream, at, upto);
      }
      // In the same turn as the last look at the watermark: an event told after it has a higher sequence.
      stream.caught_up_to = at;
    } catch (error) {
      this.#log.warn({ reason: messageOf(error) }, 'a replay failed');
      connection.close('replay_failed');
    }
  }

  /** Sends a page of (after, upto]. Says up to which sequence it went. */
  async #replay(stream: Stream, after: number, upto: number): Promise<number> {
    const { owner_id } = stream.principal;
    const events = await this.#store.readTenant(owner_id, after, upto, REPLAY_PAGE);
    for (const event of events) {
      if (!stream.selector.matches(event)) continue;
      this.#write(stream, event);
      if (await stream.outlet.drained()) continue;
      stream.outlet.connection.close('slow_consumer: it did not read what was sent');
      break;
    }
    return events.length === REPLAY_PAGE ? (events.at(-1)?.seq ?? upto) : upto;
  }

  /** Tells the client to read the lists again. Says from which sequence on it gets everything. */
  #resync({ outlet }: Stream, reason: string): number {
    const seq = this.#tail.watermark;
    outlet.connection.send(JSON.stringify({ type: 'resync', seq, reason }), seq);
    return seq;
  }

  #deliver(event: LoggedEvent): void {
    for (const stream of this.#index.match(event.owner_id, event)) {
      if (stream.caught_up_to === null || event.seq <= stream.caught_up_to) continue;
      try {
        this.#write(stream, event);
        if (stream.outlet.backlog() > BACKLOG_BYTES)
          void this.#catchUp(stream, async () => event.seq);
      } catch (error) {
        // Its fault stays its own: the others get the event, and this client comes back for it.
        this.#log.error({ seq: event.seq, reason: messageOf(error) }, 'a stream failed');
        stream.outlet.connection.close('internal_error');
      }
    }
  }

  #write(stream: Stream, event: LoggedEvent): void {
    if (!this.#may_see(stream.principal, event)) return;
    // A create goes by two names. Only the last frame of an event has its id, so that a cut between them repeats both.
    const names = namesOf(event).filter((type) => stream.types.has(type));
    names.forEach((type, index) => {
      const is_last = index === names.length - 1;
      stream.outlet.connection.sendFrame(frameOf(type, event, is_last));
    });
  }

  /** To all streams of the tenant that want it, or to those of one agent. */
  #deliverEphemeral(event: EphemeralFor['event'], only: string | null): void {
    const { tags, ...body } = event;
    const json = JSON.stringify(body);
    for (const stream of this.#index.match(event.owner_id, {
      tags,
      schema_name: null,
      context: body,
    })) {
      if (only !== null && stream.principal.agent_id !== only) continue;
      if (stream.types.has(event.type)) stream.outlet.connection.send(json);
    }
  }
}

// Encoded once for all streams that carry it; gone with the event.
const frames = new WeakMap<LoggedEvent, Map<string, Uint8Array>>();

function frameOf(type: LoggedEventType, event: LoggedEvent, has_id: boolean): Uint8Array {
  const known = frames.get(event) ?? new Map<string, Uint8Array>();
  frames.set(event, known);
  const key = `${type} ${has_id}`;
  const frame =
    known.get(key) ?? encodeFrame(streamText(type, event), has_id ? event.seq : undefined);
  known.set(key, frame);
  return frame;
}
