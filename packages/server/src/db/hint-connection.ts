import type { Client } from 'pg';
import { systemClock, type Log } from '../base/index.ts';

type Receive = (payload: string | null) => void;

const RETRY_MS = 50;
const RETRY_MS_MAX = 2_000;

/** The one connection that listens. It comes back by itself after a break and then says so to every listener. */
export class HintConnection {
  readonly #connect: () => Client;
  readonly #log: Log;
  readonly #listeners = new Map<string, Set<Receive>>();
  readonly #closing = new AbortController();
  #client: Promise<Client> | null = null;
  #is_reviving = false;
  #last: Promise<unknown> = Promise.resolve();

  /** `connect` makes a client that is not connected yet; `channel` is at most 63 bytes long. */
  constructor(connect: () => Client, log: Log) {
    this.#connect = connect;
    this.#log = log;
  }

  async listen(channel: string, receive: Receive): Promise<() => Promise<void>> {
    // Each call is its own entry, also when the same function listens twice.
    const entry: Receive = (payload) => receive(payload);
    this.#listeners.set(channel, (this.#listeners.get(channel) ?? new Set()).add(entry));
    try {
      // Also for a channel that is listened to already: the answer says that this is so by now.
      await this.#inTurn(async () => {
        const client = await this.#connected();
        await client.query(`listen ${quoteIdentifier(channel)}`);
      });
    } catch (error) {
      this.#forget(channel, entry);
      throw error;
    }
    return async () => {
      this.#forget(channel, entry);
      await this.#inTurn(async () => {
        const client = await this.#client?.catch(() => null);
        // Meanwhile somebody may have come to the channel, whose LISTEN this must not undo.
        if (!this.#listeners.has(channel))
          await client?.query(`unlisten ${quoteIdentifier(channel)}`).catch(() => {});
      });
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const client = await this.#client?.catch(() => null);
    this.#client = null;
    await client?.end().catch(() => {});
  }

  /** One statement at a time on the connection, in the order of the calls. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  #forget(channel: string, entry: Receive): void {
    const set = this.#listeners.get(channel);
    set?.delete(entry);
    if (set?.size === 0) this.#listeners.delete(channel);
  }

  async #connected(): Promise<Client> {
    if (this.#closing.signal.aborted) throw new Error('the database is closed');
    this.#client ??= this.#open().catch((error: unknown) => {
      this.#client = null;
      throw error;
    });
    return this.#client;
  }

  async #open(): Promise<Client> {
    const client = this.#connect();
    client.on('notification', ({ channel, payload }) => {
      for (const receive of this.#listeners.get(channel) ?? []) receive(payload ?? '');
    });
    // Every error is followed by the end of the connection.
    client.on('error', () => {});
    try {
      await client.connect();
      for (const channel of this.#listeners.keys())
        await client.query(`listen ${quoteIdentifier(channel)}`);
    } catch (error) {
      void client.end().catch(() => {});
      throw error;
    }
    // Only now: a connection that never stood is the failure of this call, not a loss.
    client.once('end', () => this.#lost());
    return client;
  }

  #lost(): void {
    this.#client = null;
    if (this.#closing.signal.aborted) return;
    this.#log.warn({}, 'the connection for hints broke; listening again');
    if (!this.#is_reviving) void this.#revive();
  }

  async #revive(): Promise<void> {
    this.#is_reviving = true;
    const { signal } = this.#closing;
    for (let wait_ms = RETRY_MS; ; wait_ms = Math.min(RETRY_MS_MAX, wait_ms * 2)) {
      await systemClock.sleep(wait_ms, signal);
      if (signal.aborted || this.#listeners.size === 0) break;
      if (await this.#connected().catch(() => null)) break;
    }
    this.#is_reviving = false;
    if (signal.aborted) return;
    for (const set of this.#listeners.values()) for (const receive of set) receive(null);
  }
}

/** A name as SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
