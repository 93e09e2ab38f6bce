import {
  BackgroundLoop,
  messageOf,
  Wakeup,
  type Clock,
  type Log,
  type Service,
} from '../../base/index.ts';
import type { Embedder } from '../embedders/index.ts';
import { embedRecords, isEmbedderFault } from './embed-records.ts';
import { indexWords } from './index-words.ts';
import type { SearchStore } from './search-store.ts';

/** Records of one batch: few, so that the database and this thread serve others in between. */
const BATCH = 32;
/** Must be longer than a batch takes; a process that dies leaves the work to another after this time. */
const TURN_MS = 120_000;
/** Work is announced by `ring`; this finds what another process has left. */
const POLL_MS = 10_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 300_000;

export interface EmbeddingWorkerPorts {
  readonly store: SearchStore;
  readonly embedder: Embedder;
  readonly clock: Clock;
  readonly log: Log;
  /** How this process is named in the table. */
  readonly holder: string;
}

/**
 * Makes the vectors that records do not have yet: those of an embedder that takes its time, those that a failing one owed,
 * and, after a change of the embedder, those of all records. In batches, beside everything else; one process at a time.
 * While the embedder fails it is asked again, ever more seldom, up to every five minutes; records are found by their words
 * meanwhile.
 */
export class EmbeddingWorker implements Service {
  readonly name = 'embeddings';
  readonly #ports: EmbeddingWorkerPorts;
  readonly #wakeup = new Wakeup();
  readonly #loop = new BackgroundLoop();
  #is_announced = false;

  constructor(ports: EmbeddingWorkerPorts) {
    this.#ports = ports;
  }

  /** Says that there may be work. */
  ring(): void {
    this.#wakeup.ring();
  }

  /** Records whose vectors are still to be made, or made anew. */
  async waiting(): Promise<number> {
    const { store, embedder } = this.#ports;
    return store.countBehind(await store.embeddedBy(embedder.name));
  }

  async start(): Promise<void> {
    this.#loop.start((signal) => this.#run(signal));
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { store, clock, log, holder } = this.#ports;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const is_done = await this.catchUp(signal);
        if (failures > 0) log.info({}, 'the embedder works again');
        failures = 0;
        if (is_done) await this.#wakeup.wait(clock, POLL_MS, signal);
      } catch (error) {
        if (signal.aborted) break;
        // Once: an outage of an hour would otherwise fill the log.
        if (failures === 0)
          log.warn(
            { reason: messageOf(error) },
            'records are found by their words only until the embedder works again',
          );
        failures += 1;
        // New records do not make the embedder more likely to work, so they do not hasten the next try.
        await clock.sleep(waitAfter(failures, error), signal);
      }
    }
    await store.leaveTurn(holder).catch(() => {});
  }

  /**
   * Embeds one batch. Says whether that was all, or all that this process may do now.
   * @throws EmbedderError, DatabaseError
   */
  async catchUp(signal?: AbortSignal): Promise<boolean> {
    const { store, embedder, holder, log } = this.#ports;
    const by = await store.embeddedBy(embedder.name);
    const records = await store.readBehind(by, BATCH);
    if (records.length === 0) {
      if (this.#is_announced) log.info({ embedder: by }, 'all records are embedded');
      this.#is_announced = false;
      return true;
    }
    if (!(await store.takeTurn(holder, TURN_MS))) return true;
    // A few are what every provider's records wait for; more are a backlog, which somebody may wonder about.
    if (records.length === BATCH && !this.#is_announced) {
      this.#is_announced = true;
      const waiting = await store.countBehind(by);
      log.info({ embedder: by, waiting }, 'records are being embedded in the background');
    }
    const vectors = (await store.hasVectors())
      ? await embedRecords(records, { embedder, log }, signal)
      : new Map<string, null>();
    const rows = records.map((record) => ({
      id: record.id,
      version: record.version,
      document: indexWords(record),
      embedding: vectors.get(record.id) ?? null,
    }));
    await store.write(rows, by);
    return false;
  }
}

/** Doubled each time, and at least what the embedder asked for. */
function waitAfter(failures: number, error: unknown): number {
  const asked = isEmbedderFault(error) ? (error.retry_after_ms ?? 0) : 0;
  return Math.min(LONGEST_WAIT_MS, Math.max(asked, FIRST_WAIT_MS * 2 ** (failures - 1)));
}
