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
  const [provider, model_id] = takeApart(name);
  if (!isProviderName(provider)) {
    const hint = config.openrouter_api_key ? ` For OpenRouter write "openrouter/${name}".` : '';
    throw new ModelError('invalid_request', `The model is ${whyNoModel(name)}.${hint}`);
  }
  if (model_id === '') throw new ModelError('invalid_request', `The model is ${whyNoModel(name)}.`);
  if (!PROVIDERS[provider].isConfigured(config)) {
    const hint = config.openrouter_api_key ? `, or write "openrouter/${name}"` : '';
    throw new ModelError(
      'not_configured',
      `The model "${name}" needs ${PROVIDERS[provider].settings}, which is not set. Set it and start again${hint}.`,
    );
  }
  return { provider, model_id };
}

/** Why a name can be that of no model, whatever is configured: a clause about the model. Null when it can. */
export function whyNoModel(name: string): string | null {
  if (name === 'demo') return null;
  const [provider, model_id] = takeApart(name);
  if (!isProviderName(provider)) {
    const names = PROVIDER_NAMES.filter((each) => each !== 'demo').join(', ');
    return `"${name}"; expected "demo" or "provider/model-id" with a provider of ${names}`;
  }
  if (model_id !== '') return null;
  return `"${name}"; expected a model id after the provider, as in "${provider}/model-id"`;
}

function takeApart(name: string): [provider: string, model_id: string] {
  const slash = name.indexOf('/');
  return slash < 0 ? [name, ''] : [name.slice(0, slash), name.slice(slash + 1).trim()];
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
