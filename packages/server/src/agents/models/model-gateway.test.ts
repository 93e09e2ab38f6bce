import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../base/index.ts';
import type { ModelConfig } from './config.ts';
import { createModelGateway } from './model-gateway.ts';
import { chatCompletionsWire } from './testing/chat-completions-wire.ts';
import { startFakeProvider } from './testing/fake-provider.ts';
import type { Reply } from './testing/reply.ts';
import { callOf, emptyConfig } from './testing/test-config.ts';

const model = 'openai-compatible/some-model';
const configFor = (base_url: string, settings: Partial<ModelConfig> = {}): ModelConfig => ({
  ...emptyConfig(),
  openai_compatible_base_url: base_url,
  ...settings,
});
const OVERLOADED: Reply = { kind: 'error', status: 503, code: 'overloaded_error', message: 'Full' };

describe('the model gateway', () => {
  it('asks without a key where none is needed', async () => {
    await using provider = await startFakeProvider(chatCompletionsWire, [
      { kind: 'answer', text: ['Hi'] },
    ]);
    await createModelGateway(configFor(provider.base_url)).call(callOf({ model }));
    expect(provider.requests[0]?.url).toBe('/v1/chat/completions');
    expect(provider.requests[0]?.headers['authorization']).toBeUndefined();
    expect(provider.requests[0]?.body['model']).toBe('some-model');
  });

  it('passes on what the listener throws, and hangs up', async () => {
    await using provider = await startFakeProvider(chatCompletionsWire, [
      { kind: 'hang', text: ['One'] },
    ]);
    const fault = new TypeError('the listener is broken');
    const on_text = () => {
      throw fault;
    };
    const gateway = createModelGateway(configFor(provider.base_url, { max_retries: 3 }));
    await expect(gateway.call(callOf({ model, on_text }))).rejects.toBe(fault);
    await provider.requests[0]?.closed;
    expect(provider.requests).toHaveLength(1);
  });

  it('stops waiting for the next attempt when the caller stops', async () => {
    await using provider = await startFakeProvider(chatCompletionsWire, [OVERLOADED]);
    const stop = new AbortController();
    const clock = new ManualClock();
    const gateway = createModelGateway(configFor(provider.base_url, { max_retries: 3 }), {
      clock,
      // The pause is about to begin when its length is drawn.
      random: () => {
        queueMicrotask(() => stop.abort());
        return 0.5;
      },
    });
    const call = gateway.call(callOf({ model, signal: stop.signal }));
    await expect(call).rejects.toMatchObject({ error_class: 'cancelled' });
    expect(provider.requests).toHaveLength(1);
  });

  it('reads the time-out from the clock it was given, and leaves no timer behind', async () => {
    await using provider = await startFakeProvider(chatCompletionsWire, [
      { kind: 'hang', text: ['One'] },
      { kind: 'answer', text: ['Hi'] },
    ]);
    const clock = new ManualClock();
    const gateway = createModelGateway(
      configFor(provider.base_url, { request_timeout_ms: 60_000 }),
      { clock },
    );
    const on_text = () => queueMicrotask(() => clock.advance(60_000));
    await expect(gateway.call(callOf({ model, on_text }))).rejects.toMatchObject({
      error_class: 'timeout',
    });
    const answer = await gateway.call(callOf({ model }));
    clock.advance(10_000_000);
    expect(answer.text).toBe('Hi');
  });

  it('tells an address that is none, and where it is set', async () => {
    const gateway = createModelGateway(configFor('not an address'));
    const error: unknown = await gateway.call(callOf({ model })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ error_class: 'not_configured', is_retryable: false });
    expect(String(error)).toContain('OPENAI_COMPATIBLE_BASE_URL');
  });
});
