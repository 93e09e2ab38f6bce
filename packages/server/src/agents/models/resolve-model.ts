import type { ModelConfig } from './config.ts';
import { ModelError } from './contract.ts';
import { isProviderName, PROVIDER_NAMES, type ProviderName } from './provider-name.ts';
import { PROVIDERS } from './registry.ts';

/** A model that this server can call. */
export interface ResolvedModel {
  readonly provider: ProviderName;
  readonly model_id: string;
}

/**
 * Takes `provider/model-id` apart; the id may hold further slashes, as OpenRouter's do.
 * @throws ModelError `invalid_request` for a name of another form, `not_configured` for a provider without its settings.
 */
export function resolveModel(name: string, config: ModelConfig): ResolvedModel {
  if (name === 'demo') return { provider: 'demo', model_id: 'demo' };
  const slash = name.indexOf('/');
  const provider = slash < 0 ? name : name.slice(0, slash);
  const model_id = slash < 0 ? '' : name.slice(slash + 1).trim();
  const names = PROVIDER_NAMES.filter((each) => each !== 'demo').join(', ');
  if (!isProviderName(provider)) {
    const hint = config.openrouter_api_key ? ` For OpenRouter write "openrouter/${name}".` : '';
    throw new ModelError(
      'invalid_request',
      `The model is "${name}"; expected "demo" or "provider/model-id" with a provider of ${names}.${hint}`,
    );
  }
  if (model_id === '') {
    throw new ModelError(
      'invalid_request',
      `The model is "${name}"; expected a model id after the provider, as in "${provider}/model-id".`,
    );
  }
  if (!PROVIDERS[provider].isConfigured(config)) {
    const hint = config.openrouter_api_key ? `, or write "openrouter/${name}"` : '';
    throw new ModelError(
      'not_configured',
      `The model "${name}" needs ${PROVIDERS[provider].settings}, which is not set. Set it and start again${hint}.`,
    );
  }
  return { provider, model_id };
}

/** The model of agents that name none: the chosen one, else the first configured provider's, else `demo`. */
export function defaultModel(config: ModelConfig): string {
  const chosen = config.default_model?.trim();
  if (chosen) return chosen;
  for (const name of PROVIDER_NAMES) {
    const { default_model_id, isConfigured } = PROVIDERS[name];
    if (name !== 'demo' && default_model_id !== null && isConfigured(config)) {
      return `${name}/${default_model_id}`;
    }
  }
  return 'demo';
}
