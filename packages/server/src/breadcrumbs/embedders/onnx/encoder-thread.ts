import { Worker } from 'node:worker_threads';
import { EmbedderError } from '../contract.ts';
import type { WorkerFault, WorkerReply, WorkerRequest, WorkerStart } from './worker-messages.ts';

/** What is known of the model once it is loaded. */
export interface LoadedModel {
  readonly fingerprint: string;
  readonly max_tokens: number;
}

interface Job {
  resolve(rows: ArrayLike<number>[]): void;
  reject(error: EmbedderError): void;
}

/**
 * The worker thread from outside. It does not keep the process alive while it is idle. When it dies, what was under
 * way fails as `unavailable`, and the next job starts it again.
 */
export class EncoderThread {
  readonly #start: WorkerStart;
  readonly #script: URL;
  readonly #jobs = new Map<number, Job>();
  #worker: Worker | undefined;
  #loading: Promise<LoadedModel> | undefined;
  #last_job = 0;

  constructor(start: WorkerStart, script: URL = new URL('./onnx-worker.ts', import.meta.url)) {
    this.#start = start;
    this.#script = script;
  }

  /** Starts the thread and waits until the model is loaded. @throws EmbedderError */
  start(): Promise<LoadedModel> {
    this.#loading ??= this.#launch();
    return this.#loading;
  }

  /** The rows of the texts. An abort takes the job out of the queue; a run that has begun is left to its end. */
  async encode(texts: readonly string[], signal: AbortSignal): Promise<ArrayLike<number>[]> {
    await this.start();
    const worker = this.#worker;
    if (signal.aborted || !worker) throw cancelled();
    const job = (this.#last_job += 1);
    const rows = Promise.withResolvers<ArrayLike<number>[]>();
    const forget = () => {
      this.#tell(worker, { kind: 'forget', job });
      rows.reject(cancelled());
    };
    signal.addEventListener('abort', forget, { once: true });
    this.#jobs.set(job, rows);
    worker.ref();
    this.#tell(worker, { kind: 'encode', job, texts });
    try {
      return await rows.promise;
    } finally {
      signal.removeEventListener('abort', forget);
      this.#jobs.delete(job);
      if (this.#jobs.size === 0) worker.unref();
    }
  }

  /** Ends the thread; may be called twice. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #launch(): Promise<LoadedModel> {
    const { promise, resolve, reject } = Promise.withResolvers<LoadedModel>();
    const worker = new Worker(this.#script, {
      workerData: this.#start,
      // It needs neither the keys in the environment nor the flags of this process.
      env: {},
      execArgv: [],
    });
    this.#worker = worker;
    worker.on('message', (reply: WorkerReply) => {
      if (reply.kind === 'ready') {
        if (this.#jobs.size === 0) worker.unref();
        resolve(reply);
      } else if (reply.kind === 'not_ready') reject(errorOf(reply.fault));
      else if (reply.kind === 'encoded') this.#jobs.get(reply.job)?.resolve(reply.rows);
      else this.#jobs.get(reply.job)?.reject(errorOf(reply.fault));
    });
    const end = (reason: string) => {
      const error = new EmbedderError('unavailable', `The thread of the embedder ended: ${reason}`);
      reject(error);
      for (const job of this.#jobs.values()) job.reject(error);
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#loading = undefined;
    };
    worker.on('error', (error) => end(error.message));
    worker.on('exit', (code) => end(`exit code ${code}`));
    return promise;
  }

  #tell(worker: Worker, request: WorkerRequest): void {
    worker.postMessage(request);
  }
}

function errorOf({ error_class, message }: WorkerFault): EmbedderError {
  return new EmbedderError(error_class, message);
}

function cancelled(): EmbedderError {
  return new EmbedderError('cancelled', 'The embedding was cancelled.');
}
