import type { EmbedderErrorClass } from '../contract.ts';
import type { LocatedModel } from './locate-model.ts';

/** What the worker is started with. */
export interface WorkerStart {
  readonly model: LocatedModel;
  readonly packages_folder: string | null;
}

/** To the worker: encode these texts, or forget a job that nobody waits for any more. */
export type WorkerRequest =
  | { readonly kind: 'encode'; readonly job: number; readonly texts: readonly string[] }
  | { readonly kind: 'forget'; readonly job: number };

/** An error as it crosses the thread. */
export interface WorkerFault {
  readonly error_class: EmbedderErrorClass;
  readonly message: string;
}

/** From the worker: the model is there (or not), and what came of each job that was not forgotten. */
export type WorkerReply =
  | { readonly kind: 'ready'; readonly fingerprint: string; readonly max_tokens: number }
  | { readonly kind: 'not_ready'; readonly fault: WorkerFault }
  | { readonly kind: 'encoded'; readonly job: number; readonly rows: ArrayLike<number>[] }
  | { readonly kind: 'failed'; readonly job: number; readonly fault: WorkerFault };
