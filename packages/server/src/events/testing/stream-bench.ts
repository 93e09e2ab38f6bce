import type { FastifyRequest } from 'fastify';
import type { BreadcrumbEvent, StreamEvent } from '@cairn/protocol';
import { onTestFinished } from 'vitest';
import { AppError, ManualClock, newId, silentLog, systemClock } from '../../base/index.ts';
import { createMemoryBus, type Bus } from '../../bus/index.ts';
import type { Database } from '../../db/index.ts';
import { openTestDatabase } from '../../db/testing.ts';
import { createHttpServer, type HttpServer } from '../../http/index.ts';
import type { LoggedEvent } from '../contract.ts';
import { LogTail } from '../log-tail.ts';
import { eventRoutes } from '../routes.ts';
import { EventStore } from '../store.ts';
import { StreamHub, type MaySee } from '../stream-hub.ts';
import { appendOfRecord, TEST_OWNER } from '../testing.ts';

/** A client of one stream, on a real connection. */
export class StreamClient {
  readonly status: number;
  readonly headers: Headers;
  /** Every frame as it came, without the blank line at its end. */
  readonly frames: string[] = [];
  /** What the frames say. */
  readonly events: StreamEvent[] = [];
  /** The breadcrumb events among them, and their sequences. */
  readonly logged: BreadcrumbEvent[] = [];
  readonly seqs: number[] = [];
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  readonly #cancel: () => void;
  #waiting: (() => void)[] = [];

  constructor(response: Response, cancel: () => void) {
    this.status = response.status;
    this.headers = response.headers;
    this.#cancel = cancel;
    this.ended = this.#read(response);
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for await (const chunk of response.body ?? []) {
        const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
        rest = parts.pop() ?? '';
        for (const frame of parts) this.#take(frame);
        for (const look of this.#waiting) look();
      }
    } catch {
      // The test closed it, or the server cut it: the frames until then are what counts.
    }
  }

  #take(frame: string): void {
    const event = JSON.parse(frame.replace(/^id: \d+\n/, '').replace(/^data: /, '')) as StreamEvent;
    this.frames.push(frame);
    this.events.push(event);
    if (!('breadcrumb_id' in event)) return;
    this.logged.push(event);
    this.seqs.push(event.seq);
  }

  /** Resolves when what has come so far fits. */
  until(fits: (client: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!fits(this)) return;
        this.#waiting = this.#waiting.filter((each) => each !== look);
        resolve();
      };
      this.#waiting.push(look);
      look();
    });
  }

  close(): void {
    this.#cancel();
  }
}

export interface StreamBench {
  readonly db: Database;
  readonly bus: Bus;
  /** Time of the streams; the log is read in real time. */
  readonly clock: ManualClock;
  readonly tail: LogTail;
  readonly hub: StreamHub;
  readonly server: HttpServer;
  readonly port: number;
  /** Opens a stream as this agent of this tenant. */
  open(query?: string, options?: ClientOptions): Promise<StreamClient>;
  /** Writes an event, and resolves when the tail has told of it. */
  publish(fields?: Partial<Omit<LoggedEvent, 'seq'>>): Promise<number>;
  /** Resolves when the hub has so many streams. */
  untilSize(size: number): Promise<void>;
}

export interface ClientOptions {
  readonly owner_id?: string;
  readonly agent_id?: string;
  readonly headers?: Record<string, string>;
  readonly path?: string;
  readonly method?: string;
}

/** A server that has nothing but streams, and believes whoever says who they are. */
export async function openStreamBench(
  ports: {
    may_see?: MaySee;
    authenticated?: (request: FastifyRequest) => Promise<void>;
    store?: (db: Database) => EventStore;
  } = {},
): Promise<StreamBench> {
  const db = await openTestDatabase();
  const bus = createMemoryBus(silentLog);
  const clock = new ManualClock();
  const store = ports.store?.(db) ?? new EventStore(db);
  const tail = new LogTail(store, bus, systemClock, silentLog);
  const may_see = ports.may_see ?? (() => true);
  const hub = new StreamHub({ store, tail, bus, may_see, log: silentLog });
  const server = await createHttpServer(
    {
      version: 'test',
      log: silentLog,
      trust: { is_local_only: false, origins: [] },
      async authenticate(request) {
        await ports.authenticated?.(request);
        const [owner_id, agent_id] = request.headers.authorization?.split(' ') ?? [];
        if (!owner_id || !agent_id) throw new AppError('unauthenticated', 'who are you?');
        return { owner_id, agent_id, roles: [] };
      },
      authorize: () => {},
    },
    [eventRoutes(hub, clock)],
  );
  await tail.start();
  await hub.start();
  const address = await server.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(async () => {
    await server.close();
    await hub.stop();
    await tail.stop();
  });
  return {
    db,
    bus,
    clock,
    tail,
    hub,
    server,
    port: Number(new URL(address).port),
    async open(query = '', options = {}) {
      const { owner_id = TEST_OWNER, agent_id = newId(), headers } = options;
      const abort = new AbortController();
      const response = await fetch(`${address}${options.path ?? '/events/stream'}${query}`, {
        headers: { authorization: `${owner_id} ${agent_id}`, ...headers },
        signal: abort.signal,
        ...(options.method ? { method: options.method } : {}),
      });
      return new StreamClient(response, () => abort.abort());
    },
    async publish(fields) {
      const seq = await appendOfRecord(db, fields);
      tail.ring();
      while (tail.watermark < seq) await new Promise((resolve) => setImmediate(resolve));
      return seq;
    },
    async untilSize(size) {
      while (hub.size !== size) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
