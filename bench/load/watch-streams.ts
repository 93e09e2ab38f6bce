import type net from 'node:net';
import { percentile } from '../statistics.ts';
import { MARK, type StreamLoad, type StreamResult, type StreamRound } from './contract.ts';
import { connect, HttpConnection } from './http-connection.ts';
import { startMeter } from './processor-meter.ts';

/** Connections that the creates share. A create that finds all of them busy waits, and its wait counts. */
const CREATE_CONNECTIONS = 64;
/** How long a frame may take before it counts as lost. */
const LOST_MS = 10_000;
const SIGN = Buffer.from('"title":"mark-');
const DIGITS = 9;

/** Opens all streams, sends creates at a steady rate, and times every frame. Rejects when one is lost or comes twice. */
export async function watchStreams(load: StreamLoad): Promise<StreamResult> {
  const watch = new Watch(load);
  try {
    await watch.open();
    const meter = startMeter();
    await watch.send(load.warm_ms);
    const rounds: StreamRound[] = [];
    for (let round = 0; round < load.rounds; round++) rounds.push(await watch.send(load.round_ms));
    return { rounds, generator_cores: meter().cores };
  } finally {
    watch.close();
  }
}

/** Sends one create on a connection of its own. */
type Creator = (number: number, request: Uint8Array) => void;

class Watch {
  readonly #load: StreamLoad;
  readonly #sockets: net.Socket[] = [];
  readonly #connections: HttpConnection[] = [];
  readonly #idle: Creator[] = [];
  readonly #queue: number[] = [];
  /** When each create was sent and how often its frame came, by its number. */
  readonly #sent_at: number[] = [];
  readonly #arrivals: number[] = [];
  #frames = 0;
  #latencies: number[] = [];
  #answers: number[] = [];
  #fault: Error | null = null;

  constructor(load: StreamLoad) {
    this.#load = load;
  }

  async open(): Promise<void> {
    const { streams } = this.#load;
    for (let at = 0; at < streams.length; at += 50)
      await Promise.all(streams.slice(at, at + 50).map((request) => this.#openStream(request)));
    for (let index = 0; index < CREATE_CONNECTIONS; index++) await this.#openCreator();
  }

  /** Sends creates for `ms` and waits for their last frames. */
  async send(ms: number): Promise<StreamRound> {
    const { per_second } = this.#load;
    this.#latencies = [];
    this.#answers = [];
    const lateness: number[] = [];
    const first = this.#sent_at.length;
    const count = Math.round((per_second * ms) / 1_000);
    const began = performance.now();
    for (let sent = 0; sent < count;) {
      const now = performance.now();
      const due = Math.min(count, Math.floor(((now - began) / 1_000) * per_second) + 1);
      for (; sent < due; sent++) {
        lateness.push(now - (began + (sent * 1_000) / per_second));
        this.#queue.push(this.#sent_at.length);
        this.#sent_at.push(now);
        this.#arrivals.push(0);
      }
      this.#sendWaiting();
      await sleep(1);
      if (this.#fault) throw this.#fault;
    }
    await this.#allArrived(first);
    return {
      p50_ms: percentile(this.#latencies, 0.5),
      p99_ms: percentile(this.#latencies, 0.99),
      max_ms: percentile(this.#latencies, 1),
      answer_p50_ms: percentile(this.#answers, 0.5),
      answer_p99_ms: percentile(this.#answers, 0.99),
      lateness_p99_ms: percentile(lateness, 0.99),
      creates: count,
    };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    for (const connection of this.#connections) connection.close();
  }

  async #allArrived(first: number): Promise<void> {
    const { matches } = this.#load;
    const deadline = performance.now() + LOST_MS;
    while (this.#frames < this.#sent_at.length * matches && performance.now() < deadline) {
      await sleep(2);
      if (this.#fault) throw this.#fault;
    }
    for (const [index, times] of this.#arrivals.slice(first).entries())
      if (times !== matches)
        throw new Error(`create ${first + index} came to ${times} streams instead of ${matches}`);
  }

  #sendWaiting(): void {
    const { creates } = this.#load;
    for (let creator; this.#queue.length > 0 && (creator = this.#idle.pop());) {
      const number = this.#queue.shift() as number;
      const request = Buffer.from(creates[number % creates.length] as Uint8Array);
      request.write(markOf(number), request.indexOf(MARK));
      creator(number, request);
    }
  }

  async #openCreator(): Promise<void> {
    let number = -1;
    const connection = await HttpConnection.open(this.#load.port, (status, fault) => {
      if (fault !== null) this.#fault ??= new Error(`a create was answered ${status}: ${fault}`);
      this.#answers.push(performance.now() - (this.#sent_at[number] ?? Number.NaN));
      this.#idle.push(create);
      this.#sendWaiting();
    });
    const create: Creator = (next, request) => {
      number = next;
      connection.send(request);
    };
    this.#connections.push(connection);
    this.#idle.push(create);
  }

  /** Resolves when the server has answered, so that the stream is registered. */
  async #openStream(request: Uint8Array): Promise<void> {
    const socket = await connect(this.#load.port);
    this.#sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      let rest: Buffer = Buffer.alloc(0);
      const seen = { last: -1 };
      socket.on('error', reject);
      socket.on('close', () => {
        this.#fault ??= new Error('the server ended a stream');
      });
      socket.once('data', (chunk: Buffer) => {
        const is_open = chunk.toString('latin1', 0, 12) === 'HTTP/1.1 200';
        if (is_open) resolve();
        else reject(new Error(`a stream was refused: ${chunk.toString('utf8')}`));
      });
      socket.on('data', (chunk: Buffer) => {
        rest = this.#readFrames(rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk, seen);
      });
      socket.write(request);
    });
  }

  /** Notes the frames in the data. Gives back its end, where a mark may have begun. */
  #readFrames(data: Buffer, seen: { last: number }): Buffer {
    const now = performance.now();
    let read_to = 0;
    for (let at = data.indexOf(SIGN); at >= 0; at = data.indexOf(SIGN, read_to)) {
      const digits = at + SIGN.length;
      if (digits + DIGITS > data.length) return data.subarray(at);
      read_to = digits + DIGITS;
      const number = Number(data.toString('latin1', digits, read_to));
      // A frame has the mark twice: in the context, and in the record that rides along.
      if (number !== seen.last) this.#arrive(number, now);
      seen.last = number;
    }
    return data.subarray(Math.max(read_to, data.length - SIGN.length));
  }

  #arrive(number: number, now: number): void {
    this.#frames++;
    this.#arrivals[number] = (this.#arrivals[number] ?? 0) + 1;
    this.#latencies.push(now - (this.#sent_at[number] ?? Number.NaN));
  }
}

function markOf(number: number): string {
  return `mark-${String(number).padStart(DIGITS, '0')}`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
