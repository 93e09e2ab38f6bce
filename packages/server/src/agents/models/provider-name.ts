/** The names of providers, in the order in which a default model is looked for. */
export const PROVIDER_NAMES = [
  'openrouter',
  'anthropic',
  'openai',
  'google',
  'openai-compatible',
  'demo',
] as const;

export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** Whether a word names a provider. */
export function isProviderName(name: string): name is ProviderName {
  return (PROVIDER_NAMES as readonly string[]).includes(name);
}
