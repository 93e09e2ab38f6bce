import { RUN_LIMITS } from '@cairn/protocol';
import { systemTiming } from '../timing.ts';
import { cleanId, cleanLabel, cleanStepMetadata } from './clean-values.ts';
import { quietTiming, RunDelivery } from './deliver-runs.ts';
import { nodeProcess } from './node-runtime.ts';
import { postJson } from './post-json.ts';
import { RunSender } from './send-runs.ts';
import { RunSpool } from './spool-runs.ts';
import { TracedRun, type RunParts } from './traced-run.ts';
import type { StartRunInput, TracerOptions, TracerStats } from './tracer-types.ts';

const EXIT_TIMEOUT_MS = 2_000;

/**
 * Reports the runs of one agent in one version. The agent never waits for the network: a run that ends is queued and
 * sent in the background, many in one request, with jittered retries that honour `Retry-After`. Only `flush` and `close`
 * wait, and the end of a Node process does, each at most `exit_timeout_ms`. Nothing is thrown into the agent.
 *
 * A program that calls `process.exit` leaves at once: `await tracer.close()` before, or use `spool_dir`. The look-up of a
 * host name may hold Node as long as the system's resolver takes.
 *
 * @example
 * const tracer = createTracer({ base_url: 'http://127.0.0.1:8081', agent_id: 'helper', agent_version: '1.0.0' });
 * await tracer.trace(async (run) => {
 *   const page = await run.step('tool', 'fetch_page', () => fetch('https://example.org'));
 *   run.recordSignal({ signal_type: 'tool_success', signal_code: 'first_attempt', value: page.ok });
 * });
 */
export class Tracer {
  readonly #delivery: RunDelivery;
  readonly #header: { agent_id: string; agent_version: string; environment: string };
  readonly #parts: RunParts;
  readonly #exit_timeout_ms: number;
  readonly #leave: () => void;
  #has_left = false;

  constructor(options: TracerOptions) {
    const log = onceEach(options.log ?? warnProcess);
    const warn = (message: string): void => log(message, message);
    const is_enabled = options.enabled ?? true;
    this.#exit_timeout_ms = options.exit_timeout_ms ?? EXIT_TIMEOUT_MS;
    this.#header = {
      agent_id: cleanLabel(options.agent_id, RUN_LIMITS.agent_id_chars, 'unnamed', warn),
      agent_version: cleanLabel(options.agent_version, RUN_LIMITS.agent_version_chars, '0', warn),
      environment: cleanLabel(
        options.environment,
        RUN_LIMITS.environment_chars,
        'production',
        warn,
      ),
    };
    const timing = options.timing ?? systemTiming;
    const quiet_timing = options.timing ?? quietTiming;
    const post = postJson({
      base_url: String(options.base_url ?? '').replace(/\/+$/, ''),
      token: options.token,
      timeout_ms: options.request_timeout_ms ?? 10_000,
      fetch: options.fetch,
      timing: quiet_timing,
    });
    this.#delivery = new RunDelivery({
      sender: new RunSender(post),
      spool: is_enabled ? openSpool(options.spool_dir, warn) : null,
      limits: {
        queue_runs: options.max_queue_runs ?? 5_000,
        queue_bytes: options.max_queue_bytes ?? 32 * 1_048_576,
        batch_runs: Math.min(Math.max(1, options.batch_runs ?? 100), RUN_LIMITS.batch_runs),
        linger_ms: options.linger_ms ?? 200,
      },
      timing,
      quiet_timing,
      log: is_enabled ? log : () => undefined,
    });
    if (!is_enabled) this.#delivery.abandon();
    this.#parts = {
      delivery: this.#delivery,
      timing,
      warn,
      is_incremental: options.mode === 'incremental',
    };
    this.#leave = () => this.#beforeExit();
    if (is_enabled) nodeProcess()?.on('beforeExit', this.#leave);
  }

  /** Begins a run, to be ended with its `end`. */
  startRun(input: StartRunInput = {}): TracedRun {
    const { warn } = this.#parts;
    const { parent_run_id, breadcrumb_id, conversation_id, metadata } = input;
    return new TracedRun(this.#parts, {
      ...this.#header,
      ...(metadata ? { metadata: cleanStepMetadata(metadata, warn) } : {}),
      ...(cleanId(parent_run_id) ? { parent_run_id } : {}),
      ...(cleanId(breadcrumb_id) ? { breadcrumb_id } : {}),
      ...(conversation_id
        ? { conversation_id: cleanLabel(conversation_id, 250, 'unnamed', warn) }
        : {}),
    });
  }

  /** Runs `work` as a run and gives its result. What it throws is recorded by the name of its class, and thrown on. */
  async trace<T>(
    work: (run: TracedRun) => T | PromiseLike<T>,
    input: StartRunInput = {},
  ): Promise<T> {
    const run = this.startRun(input);
    try {
      const result = await work(run);
      run.end();
      return result;
    } catch (error) {
      run.endWithError(error);
      throw error;
    }
  }

  /** What became of the runs so far. */
  get stats(): TracerStats {
    return this.#delivery.stats();
  }

  /** Waits until all runs that have ended are delivered or refused, at most `timeout_ms`. True when they are. */
  flush(options: { timeout_ms?: number } = {}): Promise<boolean> {
    return this.#delivery.flush(options.timeout_ms ?? this.#exit_timeout_ms);
  }

  /** Sends what waits and stops, within `timeout_ms`. Runs that end later are dropped. True when all was delivered. */
  close(options: { timeout_ms?: number } = {}): Promise<boolean> {
    nodeProcess()?.off('beforeExit', this.#leave);
    return this.#delivery.close(options.timeout_ms ?? this.#exit_timeout_ms);
  }

  /** Node has nothing left to do: one bounded try to deliver the rest. Node asks again when that is over. */
  #beforeExit(): void {
    if (this.#delivery.is_idle) return this.#delivery.rest();
    if (this.#has_left) return this.#delivery.abandon();
    this.#has_left = true;
    void this.flush();
  }
}

/**
 * Makes a tracer.
 *
 * @example
 * const tracer = createTracer({ base_url: 'http://127.0.0.1:8081', agent_id: 'helper', agent_version: '1.0.0' });
 */
export function createTracer(options: TracerOptions): Tracer {
  return new Tracer(options);
}

function openSpool(folder: string | undefined, warn: (message: string) => void): RunSpool | null {
  if (folder === undefined) return null;
  try {
    return new RunSpool(folder, warn);
  } catch (error) {
    warn(`Runs are kept in memory only, because the spool cannot be used: ${String(error)}`);
    return null;
  }
}

function warnProcess(message: string): void {
  nodeProcess()?.emitWarning?.(message, 'CairnTracer');
}

/** Passes on the first message of each topic. */
function onceEach(log: (message: string) => void): (topic: string, message: string) => void {
  const said = new Set<string>();
  return (topic, message) => {
    if (said.has(topic) || said.size >= 1_000) return;
    said.add(topic);
    try {
      log(message);
    } catch {
      // A logger that fails is no reason to fail the agent.
    }
  };
}
