import { secureRandom, systemClock, type Clock } from '../../base/index.ts';
import type { ErrorSource } from './classify-error.ts';
import { callCancelled } from './call-cancelled.ts';
import type { ModelConfig } from './config.ts';
import { ModelError, type ModelAnswer, type ModelCall, type ModelGateway } from './contract.ts';
import type { ModelProvider } from './language-model.ts';
import type { ProviderName } from './provider-name.ts';
import { createRedactor } from './redact-secrets.ts';
import { PROVIDERS } from './registry.ts';
import { defaultModel, resolveModel } from './resolve-model.ts';

/** Time and chance, so that tests hold both. */
export interface ModelPorts {
  readonly clock?: Clock;
  /** A number in [0, 1). */
  readonly random?: () => number;
}

const FIRST_WAIT_MS = 500;
const LONGEST_BACKOFF_MS = 20_000;
/** A provider that asks for more is not waited for here: the run can wait without holding a worker. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Makes the gateway. Nothing is loaded or sent before the first call. */
export function createModelGateway(config: ModelConfig, ports: ModelPorts = {}): ModelGateway {
  const clock = ports.clock ?? systemClock;
  const random = ports.random ?? secureRandom;
  const redact = createRedactor(config);
  const default_model = defaultModel(config);
  const loading = new Map<ProviderName, Promise<ModelProvider>>();
  // The SDK prints its warnings ("this model takes no temperature") to stderr on every call.
  globalThis.AI_SDK_LOG_WARNINGS = false;

  function load(name: ProviderName): Promise<ModelProvider> {
    const provider = loading.get(name) ?? PROVIDERS[name].load();
    loading.set(name, provider);
    return provider;
  }

  async function call(call: ModelCall): Promise<ModelAnswer> {
    const { provider: name, model_id } = resolveModel(call.model, config);
    const source: ErrorSource = { ...PROVIDERS[name], redact, now: () => clock.now() };
    // The SDK takes a quarter of a second to load, which a start need not wait for.
    const { streamModelStep } = await import('./stream-model-step.ts');
    const provider = await load(name);
    let hasPassedText = false;
    const on_text = (delta: string) => {
      if (!call.on_text) return;
      hasPassedText = true;
      call.on_text(delta);
    };
    const on_reasoning = (delta: string) => call.on_reasoning?.(delta);
    const setting = { provider, config, model_id, source, clock, on_text, on_reasoning };
    let malformed = 0;
    for (let attempt = 0; ; attempt += 1) {
      if (call.signal.aborted) throw callCancelled();
      try {
        return await streamModelStep(call, setting);
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        if (error.error_class === 'malformed_answer') malformed += 1;
        // A model that garbles its answer twice over will do so a third time.
        if (malformed > 1)
          throw new ModelError(error.error_class, error.message, { is_retryable: false });
        const wait_ms = waitBefore(attempt, error, random);
        if (!error.is_retryable || hasPassedText || attempt >= config.max_retries) throw error;
        if (wait_ms === null) throw error;
        await clock.sleep(wait_ms, call.signal);
      }
    }
  }

  return {
    default_model,
    call,
    describe() {
      const provider = default_model.split('/', 1)[0] ?? default_model;
      return { model: default_model, provider, is_demo: provider === 'demo' };
    },
  };
}

/** Milliseconds before the next attempt: exponential with jitter, at least what the provider asked for; null is too long. */
function waitBefore(attempt: number, error: ModelError, random: () => number): number | null {
  const backoff = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_BACKOFF_MS);
  const asked = error.retry_after_ms ?? 0;
  if (asked > LONGEST_RETRY_AFTER_MS) return null;
  // Between half and the whole, so that many callers do not come back at one moment; after Retry-After, a little later.
  return (
    asked + Math.round(asked > 0 ? backoff * random() * 0.5 : backoff * (0.5 + random() * 0.5))
  );
}
