import { describe, expect, it } from 'vitest';
import { silentLog } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { breakCircuits, fingerprinter } from './break-circuit.ts';
import { CircuitStore } from './circuit-store.ts';
import { ModelError, type ModelErrorClass, type ModelGateway } from './models/index.ts';

const USED_UP = 'OpenAI says that the quota or credit of this key is used up.';

/** A provider that answers, or refuses with the class that is set. */
function provider() {
  const state: { refuses: ModelErrorClass | null; calls: number } = { refuses: null, calls: 0 };
  const models: ModelGateway = {
    default_model: 'openai/x',
    describe: () => ({ model: 'openai/x', provider: 'openai', is_demo: false }),
    async call() {
      state.calls++;
      if (state.refuses) throw new ModelError(state.refuses, USED_UP);
      return {
        text: 'Hello',
        tool_calls: [],
        finish_reason: 'stop',
        usage: { input_tokens: null, output_tokens: null },
        model: 'x',
      };
    },
  };
  return { state, models };
}

const fingerprintOf = (model: string) => (model === 'demo' ? null : (model.split('/')[0] ?? null));

/** One process of several on a database. */
function process(db: Database, models: ModelGateway, first_ms = 60_000) {
  const store = new CircuitStore(db);
  const gateway = breakCircuits(models, { store, log: silentLog, fingerprintOf, first_ms });
  const call = (model = 'openai/x') =>
    gateway.call({ model, messages: [], tools: [], signal: new AbortController().signal }).then(
      ({ text }) => text,
      (error: ModelError) => `${error.error_class}: ${error.message}`,
    );
  return { store, call };
}

describe('a key whose quota is used up', () => {
  it('is not called with any more, in any process, by any of its models', async () => {
    const db = await openTestDatabase();
    const { state, models } = provider();
    const [one, two] = [process(db, models), process(db, models)];
    expect(await one.call()).toBe('Hello');
    state.refuses = 'quota';
    expect(await one.call()).toBe(`quota: ${USED_UP}`);
    expect(state.calls).toBe(2);
    const refused = await two.call('openai/other');
    expect(refused).toMatch(
      /^quota: OpenAI says .* used up\. So it is not called with this key until 20.* POST \/model-circuits\/\{fingerprint\}\/close /,
    );
    expect(state.calls).toBe(2);
    // Other keys are none of its business.
    state.refuses = null;
    expect(await two.call('anthropic/y')).toBe('Hello');
    expect(await two.call('demo')).toBe('Hello');
    expect(await one.store.list()).toMatchObject([
      { fingerprint: 'openai', provider: 'openai', reason: USED_UP, failures: 1 },
    ]);
  });

  it('is tried by one caller when its time is over, and used again when that succeeds', async () => {
    const db = await openTestDatabase();
    const { state, models } = provider();
    const { call, store } = process(db, models, 0);
    state.refuses = 'quota';
    await call();
    // The one that tries is refused again: it stays open, for longer.
    expect(await call()).toBe(`quota: ${USED_UP}`);
    expect(state.calls).toBe(2);
    expect(await store.list()).toMatchObject([{ failures: 2 }]);
    state.refuses = null;
    expect(await call()).toBe('Hello');
    expect(await store.list()).toEqual([]);
  });

  it('is tried by only one of those that come at once', async () => {
    const db = await openTestDatabase();
    const { state, models } = provider();
    const { call, store } = process(db, models, 0);
    state.refuses = 'quota';
    await call();
    expect(await store.pass('openai', 60_000)).toBe('trial');
    expect(await call()).toMatch(/^quota: .* not called/);
    expect(state.calls).toBe(1);
  });

  it('is used again at once when somebody closes the circuit', async () => {
    const db = await openTestDatabase();
    const { state, models } = provider();
    const { call, store } = process(db, models);
    state.refuses = 'quota';
    await call();
    state.refuses = null;
    expect(await store.close('openai')).toBe(true);
    expect(await store.close('openai')).toBe(false);
    expect(await call()).toBe('Hello');
  });

  it('is another thing than a provider that is slow or wants patience', async () => {
    const db = await openTestDatabase();
    const { state, models } = provider();
    const { call, store } = process(db, models);
    for (const refuses of ['rate_limit', 'timeout', 'authentication', 'unavailable'] as const) {
      state.refuses = refuses;
      await call();
    }
    expect(await store.list()).toEqual([]);
    expect(state.calls).toBe(4);
  });
});

describe('the fingerprint of a key', () => {
  const config = {
    default_model: null,
    openrouter_api_key: 'sk-one',
    anthropic_api_key: 'sk-two',
    openai_api_key: null,
    google_api_key: null,
    openai_compatible_base_url: null,
    openai_compatible_api_key: null,
    request_timeout_ms: 1,
    max_retries: 0,
  };

  it('is one for all models of a key, and does not show the key', () => {
    const print = fingerprinter(config);
    expect(print('openrouter/a/b')).toMatch(/^[0-9a-f]{64}$/);
    expect(print('openrouter/a/b')).toBe(print('openrouter/c'));
    expect(print('openrouter/a')).not.toBe(print('anthropic/a'));
    expect(print('demo')).toBeNull();
    expect(print('openai/a')).toBeNull();
    expect(print('toString')).toBeNull();
  });
});
