import { describe, expect, it } from 'vitest';
import type { ModelConfig } from './config.ts';
import { ModelError } from './contract.ts';
import { createModelGateway } from './model-gateway.ts';
import { PROVIDER_NAMES } from './provider-name.ts';
import { PROVIDERS } from './registry.ts';
import { defaultModel, resolveModel } from './resolve-model.ts';
import { callOf, emptyConfig } from './testing/test-config.ts';

const configOf = (settings: Partial<ModelConfig>): ModelConfig => ({
  ...emptyConfig(),
  ...settings,
});

describe('the default model', () => {
  it.each([
    [{}, 'demo'],
    [{ google_api_key: 'k' }, 'google/gemini-4-argon'],
    [{ google_api_key: 'k', anthropic_api_key: 'k' }, 'anthropic/claude-sonnet-5-5'],
    [{ openrouter_api_key: 'k', openai_api_key: 'k' }, 'openrouter/openrouter/auto'],
    [
      { openai_api_key: 'k', openai_compatible_base_url: 'http://localhost/v1' },
      'openai/gpt-6-astra',
    ],
    [{ openai_compatible_base_url: 'http://localhost/v1' }, 'demo'],
    [{ openrouter_api_key: 'k', default_model: 'demo' }, 'demo'],
    [{ default_model: ' openai-compatible/llama ' }, 'openai-compatible/llama'],
    [{ default_model: '', openrouter_api_key: '' }, 'demo'],
  ])('with %j is %s', (settings, expected) => {
    expect(defaultModel(configOf(settings))).toBe(expected);
  });

  it('is described for status pages', () => {
    expect(createModelGateway(emptyConfig()).describe()).toEqual({
      model: 'demo',
      provider: 'demo',
      is_demo: true,
    });
    const gateway = createModelGateway(configOf({ openrouter_api_key: 'k' }));
    expect(gateway.default_model).toBe('openrouter/openrouter/auto');
    expect(gateway.describe()).toMatchObject({ provider: 'openrouter', is_demo: false });
  });
});

describe('naming a model', () => {
  it('keeps further slashes in the id', () => {
    const config = configOf({ openrouter_api_key: 'k' });
    expect(resolveModel('openrouter/some-maker/model:free', config)).toEqual({
      provider: 'openrouter',
      model_id: 'some-maker/model:free',
    });
    expect(resolveModel('demo', config)).toEqual({ provider: 'demo', model_id: 'demo' });
  });

  it.each([
    ['gpt-6', 'invalid_request', /provider\/model-id/],
    ['', 'invalid_request', /provider\/model-id/],
    ['mistral/large', 'invalid_request', /"openrouter\/mistral\/large"/],
    ['toString/x', 'invalid_request', /provider\/model-id/],
    ['openrouter/', 'invalid_request', /after the provider/],
    [
      'google/gemini',
      'not_configured',
      /GOOGLE_GENERATIVE_AI_API_KEY.*"openrouter\/google\/gemini"/,
    ],
    ['openai-compatible/x', 'not_configured', /OPENAI_COMPATIBLE_BASE_URL/],
  ])('refuses %j as %s, and says what to do', async (model, error_class, message) => {
    const gateway = createModelGateway(configOf({ openrouter_api_key: 'k' }));
    const error: unknown = await gateway.call(callOf({ model })).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ error_class, is_retryable: false });
    expect((error as ModelError).message).toMatch(message);
  });

  it('has an entry for every provider, in the order of the names', () => {
    expect(Object.keys(PROVIDERS)).toEqual([...PROVIDER_NAMES]);
  });
});
