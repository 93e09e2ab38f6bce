import { createHash } from 'node:crypto';
import { messageOf, type Log } from '../base/index.ts';
import type { CircuitRow, CircuitStore } from './circuit-store.ts';
import {
  ModelError,
  type ModelAnswer,
  type ModelCall,
  type ModelConfig,
  type ModelGateway,
} from './models/index.ts';

/** How long nobody calls after the first refusal; twice as long after each further one, up to an hour. */
const FIRST_MS = 5 * 60_000;
const LONGEST_MS = 60 * 60_000;
/** How long one caller has to find out whether it works again. */
const TRIAL_MS = 60_000;

export interface CircuitPorts {
  readonly store: CircuitStore;
  readonly log: Log;
  /** Names the key that a model is called with; null when it needs none. */
  fingerprintOf(model: string): string | null;
  readonly first_ms?: number;
}

/**
 * A gateway that stops calling with a key whose quota is used up, in all processes: waiting does not help there, and
 * every run that tries makes somebody wait for the same refusal. Calls fail at once with the class `quota` until one
 * call, after a while, finds that it works again, or a curator says so.
 */
export function breakCircuits(models: ModelGateway, ports: CircuitPorts): ModelGateway {
  const { store, log, first_ms = FIRST_MS } = ports;

  async function call(call: ModelCall): Promise<ModelAnswer> {
    const fingerprint = ports.fingerprintOf(call.model);
    if (fingerprint === null) return models.call(call);
    const circuit = await store.pass(fingerprint, TRIAL_MS);
    if (typeof circuit !== 'string') throw new ModelError('quota', sentence(circuit));
    try {
      const answer = await models.call(call);
      if (circuit === 'trial' && (await store.close(fingerprint)))
        log.info({ provider: providerOf(call.model) }, 'a provider takes calls again');
      return answer;
    } catch (error) {
      if (error instanceof ModelError && error.error_class === 'quota') {
        const provider = providerOf(call.model);
        log.error({ provider, reason: error.message }, 'the quota of a key is used up');
        const refused = { fingerprint, provider, reason: error.message };
        await store
          .open({ ...refused, first_ms, longest_ms: LONGEST_MS })
          .catch((fault: unknown) =>
            log.warn({ reason: messageOf(fault) }, 'no circuit was opened'),
          );
      }
      throw error;
    }
  }

  return { default_model: models.default_model, call, describe: () => models.describe() };
}

function sentence({ reason, retry_at }: CircuitRow): string {
  return `${reason.replace(/[.\s]+$/, '')}. So it is not called with this key until ${retry_at}, unless a curator closes the circuit first: under Operations on the page, or with POST /model-circuits/{fingerprint}/close (GET /model-circuits tells the fingerprint).`;
}

/** Fingerprints of the keys of a configuration: a hash, from which nobody can tell the key. */
export function fingerprinter(config: ModelConfig): (model: string) => string | null {
  const keys: Readonly<Record<string, string | null>> = {
    openrouter: config.openrouter_api_key,
    anthropic: config.anthropic_api_key,
    openai: config.openai_api_key,
    google: config.google_api_key,
    'openai-compatible': config.openai_compatible_api_key,
  };
  return (model) => {
    const provider = providerOf(model);
    const key = Object.hasOwn(keys, provider) ? keys[provider] : null;
    if (!key) return null;
    return createHash('sha256').update(`cairn:model-key:${provider}:${key}`).digest('hex');
  };
}

function providerOf(model: string): string {
  return model.split('/', 1)[0] ?? model;
}
