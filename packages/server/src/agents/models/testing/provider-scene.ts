import { expect } from 'vitest';
import type { ModelConfig } from '../config.ts';
import { ModelError, type ModelAnswer, type ModelCall } from '../contract.ts';
import { createModelGateway } from '../model-gateway.ts';
import type { ProviderName } from '../provider-name.ts';
import { startFakeProvider, type FakeProvider } from './fake-provider.ts';
import type { Reply, Wire } from './reply.ts';
import { callOf, emptyConfig, impatientClock } from './test-config.ts';

/** A key that is easy to find wherever it should not be. */
export const KEY = 'distinctive-test-key-8f3a1c77';

/** What differs between providers. */
export interface ProviderUnderTest {
  readonly name: ProviderName;
  readonly model_id: string;
  readonly wire: Wire;
  /** What an answer names as its model; the fake server says `fake-model-2026`, but not every library passes it on. */
  readonly reported_model?: string;
  settings(key: string, base_url: string): Partial<ModelConfig>;
}

/** A gateway in front of a fake provider. */
export interface Scene {
  readonly provider: FakeProvider;
  readonly waits: number[];
  ask(call?: Partial<ModelCall>): Promise<ModelAnswer>;
  fail(call?: Partial<ModelCall>): Promise<ModelError>;
}

export type WithProvider = (
  replies: Reply[],
  run: (scene: Scene) => Promise<void>,
  settings?: Partial<ModelConfig>,
) => Promise<void>;

/** Sets the scene for one provider; every failure in it is searched for the key. */
export function sceneFor(subject: ProviderUnderTest): WithProvider {
  const model = `${subject.name}/${subject.model_id}`;
  return async (replies, run, settings = {}) => {
    await using provider = await startFakeProvider(subject.wire, replies);
    const { base_url } = provider;
    const config = { ...emptyConfig(), ...subject.settings(KEY, base_url), ...settings };
    const clock = impatientClock();
    const gateway = createModelGateway(Object.freeze(config), { clock, random: () => 0.5 });
    const ask = (call: Partial<ModelCall> = {}) => gateway.call(callOf({ model, ...call }));
    const fail = async (call: Partial<ModelCall> = {}) => {
      const error: unknown = await ask(call).then(
        (answer) => new Error(`expected a failure, got ${JSON.stringify(answer)}`),
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof ModelError)) throw error;
      expect(JSON.stringify([error, error.message, error.stack])).not.toContain(KEY);
      expect(error.cause).toBeUndefined();
      return error;
    };
    await run({ provider, waits: clock.waits, ask, fail });
  };
}
