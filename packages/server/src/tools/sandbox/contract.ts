/** What code in the sandbox may use at most. */
export const SANDBOX_LIMITS = {
  timeout_ms: 10_000,
  timeout_ms_max: 300_000,
  memory_mb: 64,
  memory_mb_max: 512,
  /** Bytes of the answer as JSON. */
  output_bytes: 1_048_576,
  /** Characters of the source. */
  source_chars: 262_144,
  /** Calls of the host, such as reads of records, in one run. */
  host_calls: 1_000,
  /** Characters of the arguments of one such call, as JSON. */
  host_call_chars: 1_048_576,
  /** Characters of the arguments of all calls that are under way. */
  pending_chars: 4_194_304,
  /** Calls of one run that are worked on at the same time; others wait. */
  calls_at_once: 8,
  /** Characters of the answer to one call, as JSON. */
  answer_chars: 4_194_304,
  log_lines: 200,
  log_line_chars: 2_000,
  /** Characters of what was thrown that are kept. */
  reason_chars: 2_000,
} as const;

/**
 * Why a run in the sandbox came to nothing. The same code with the same input ends in the same class.
 * `timeout`: it took too long, or waits for something that can never come. `memory`: it wanted more than it may have.
 * `output_too_large`, `not_json`: its answer. `threw`: whatever it threw. `invalid_source`: it cannot be read, or has no
 * `execute`. `invalid_input`, `invalid_output`: what does not fit the schema of the tool. `secret_unavailable`: a secret
 * that it needs is not there for whoever asked. `stopped`: nobody waits any more.
 */
export type SandboxFaultClass =
  | 'timeout'
  | 'memory'
  | 'output_too_large'
  | 'threw'
  | 'not_json'
  | 'invalid_source'
  | 'invalid_input'
  | 'invalid_output'
  | 'secret_unavailable'
  | 'stopped';

export type SandboxResult =
  | { readonly status: 'success'; readonly output: unknown }
  | {
      readonly status: 'error';
      readonly error_class: SandboxFaultClass;
      readonly error: string;
    };

/** One call of a function by code in the sandbox, to be answered outside of it. Both ways only JSON. */
export type HostCall = (name: string, args: readonly unknown[]) => Promise<unknown>;

export interface SandboxRun {
  /** A module with `export async function execute(input, context)`. */
  readonly source: string;
  readonly language: 'javascript' | 'typescript';
  /** JSON. */
  readonly input: unknown;
  /** What stands in `context.request`. */
  readonly request?: Readonly<Record<string, unknown>>;
  /** What stands in `context.secrets`. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Functions that stand in `context.api`; `fetch` stands in `context` itself. A call of any other is refused. */
  readonly functions?: readonly string[];
  readonly limits?: { readonly timeout_ms?: number; readonly memory_mb?: number };
  /** Does the work of a function. What it throws is thrown in the sandbox, with its message. */
  readonly call?: HostCall;
  /** Is told of each line that the code prints, as it does. */
  readonly print?: (text: string) => void;
  readonly signal?: AbortSignal;
  /** Only reads the source and looks for `execute`. */
  readonly is_check?: boolean;
}
