import type { ServerResponse } from 'node:http';
import type { Clock } from '../base/index.ts';

const PING_MS = 5_000;
/** Unsent bytes at which a client counts as too slow. */
const BACKLOG_BYTES = 4 * 1_048_576;
const FAREWELL_MS = 1_000;

/** One unnamed frame as it goes over the wire. */
export function encodeFrame(json: string, id?: number): Uint8Array {
  return Buffer.from(id === undefined ? `data: ${json}\n\n` : `id: ${id}\ndata: ${json}\n\n`);
}

/**
 * One open event stream. Writing never waits: a client that does not read has its stream ended with a reason,
 * and nobody else notices.
 */
export class SseConnection {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #position: () => number | undefined;
  readonly #holds: () => Promise<boolean>;
  #cancelPing = () => {};
  #open = true;

  /**
   * Sends the headers and the first ping. `onClose` is called once, whoever ends it. `position` says up to where the
   * client has been sent everything: pings tell it, so that one who hears little goes on from there. Each ping asks
   * `holds` whether what opened the stream still counts; the stream ends when it does not.
   */
  constructor(
    response: ServerResponse,
    headers: Record<string, string>,
    clock: Clock,
    onClose: () => void,
    position: () => number | undefined = () => undefined,
    holds: () => Promise<boolean> = () => Promise.resolve(true),
  ) {
    this.#holds = holds;
    this.#response = response;
    this.#clock = clock;
    this.#position = position;
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies such as nginx would otherwise hold frames back.
      'x-accel-buffering': 'no',
    });
    const end = () => {
      this.#open = false;
      this.#cancelPing();
      onClose();
    };
    // A client that vanishes is a close, not a fault.
    response.on('error', () => {});
    if (response.closed || response.destroyed) {
      // It left before the stream began, and its close has been told already.
      this.#open = false;
      queueMicrotask(end);
      return;
    }
    response.on('close', end);
    this.#ping();
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Sends one unnamed frame; `id` is what the client will come back with as `Last-Event-ID`. */
  send(json: string, id?: number): void {
    this.sendFrame(encodeFrame(json, id));
  }

  /** Sends a frame that was encoded before, for those that many clients get. */
  sendFrame(frame: Uint8Array): void {
    if (!this.#open) return;
    this.#response.write(frame);
    if (this.#response.writableLength > BACKLOG_BYTES) {
      this.close(`slow_consumer: more than ${BACKLOG_BYTES} bytes were waiting to be read`);
    }
  }

  /** Ends the stream and says why. */
  close(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#cancelPing();
    this.#response.end(`data: ${JSON.stringify({ type: 'closed', reason })}\n\n`);
    // A client that does not read would keep the socket for ever.
    this.#clock.after(FAREWELL_MS, () => this.#response.destroy());
  }

  #ping(): void {
    const ping = { type: 'ping', ts: new Date(this.#clock.now()).toISOString() };
    this.send(JSON.stringify(ping), this.#position());
    this.#cancelPing = this.#clock.after(PING_MS, () => {
      this.#ping();
      void this.#holds().then((holds) => holds || this.close('token_expired'));
    });
  }
}
