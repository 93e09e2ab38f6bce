import type { SandboxFaultClass } from './contract.ts';

/** What the pool sends to a thread. */
export type ToThread =
  | {
      readonly kind: 'run';
      readonly run: number;
      readonly source: string;
      readonly is_typescript: boolean;
      readonly is_check: boolean;
      /** JSON. */
      readonly input: string;
      /** JSON of `GuestSetup`. */
      readonly setup: string;
      readonly memory_mb: number;
      /** One number; when it is no longer 0 the code is interrupted. */
      readonly stop: SharedArrayBuffer;
    }
  | {
      readonly kind: 'answer';
      readonly run: number;
      readonly call: number;
      readonly is_error: boolean;
      /** JSON. */
      readonly json: string;
    }
  /** The run is over, whatever it waits for. */
  | { readonly kind: 'end'; readonly run: number };

/** What the code finds in its context. */
export interface GuestSetup {
  readonly request: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly functions: readonly string[];
}

export type GuestOutcome =
  | { readonly json: string }
  | { readonly error_class: SandboxFaultClass; readonly error: string };

/** What a thread sends to the pool. */
export type FromThread =
  | {
      readonly kind: 'call';
      readonly run: number;
      readonly call: number;
      readonly name: string;
      /** A JSON array. */
      readonly args: string;
    }
  | { readonly kind: 'print'; readonly run: number; readonly text: string }
  /** With `is_reloading`, `ready` follows. */
  | {
      readonly kind: 'done';
      readonly run: number;
      readonly outcome: GuestOutcome;
      readonly is_reloading: boolean;
    }
  /** The engine is loaded. */
  | { readonly kind: 'ready' };
