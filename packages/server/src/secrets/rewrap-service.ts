import {
  BackgroundLoop,
  messageOf,
  Wakeup,
  type Clock,
  type Log,
  type Service,
} from '../base/index.ts';
import type { Secrets } from './secrets.ts';

const BATCH = 100;
/** Again after this long: while a new key is rolled out, processes with the old one still write. */
const PAUSE_MS = 3_600_000;

/** Moves secrets from older keys to the active one, in the background, and tells when some are under no known key. */
export class RewrapService implements Service {
  readonly name = 'secret rewrapping';
  readonly #secrets: Secrets;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #wakeup = new Wakeup();
  readonly #loop = new BackgroundLoop();

  constructor(ports: { secrets: Secrets; clock: Clock; log: Log }) {
    this.#secrets = ports.secrets;
    this.#clock = ports.clock;
    this.#log = ports.log;
  }

  async start(): Promise<void> {
    this.#loop.start((signal) => this.#run(signal));
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.rewrapAll(signal).catch((error: unknown) => {
        this.#log.warn({ reason: messageOf(error) }, 'secrets cannot be rewrapped now');
      });
      await this.#wakeup.wait(this.#clock, PAUSE_MS, signal);
    }
  }

  /** One pass. Says how many were moved. */
  async rewrapAll(signal?: AbortSignal): Promise<number> {
    let moved = 0;
    let at: string | null = null;
    do {
      if (signal?.aborted) return moved;
      const batch: Awaited<ReturnType<Secrets['rewrapBatch']>> = await this.#secrets.rewrapBatch(
        at,
        BATCH,
      );
      moved += batch.moved;
      at = batch.next;
      if (batch.unreadable.length > 0)
        this.#log.error({ ids: batch.unreadable }, 'secrets whose rows were changed do not open');
    } while (at !== null);
    if (moved > 0) this.#log.info({ moved }, 'secrets were moved to the current key');
    const orphans = await this.#secrets.countOrphans();
    if (orphans > 0)
      this.#log.error({ orphans }, 'secrets are under a key that is not configured here');
    return moved;
  }
}
