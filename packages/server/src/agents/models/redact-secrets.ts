import type { ModelConfig } from './config.ts';

/** What a key of a known provider looks like, whole or with its middle starred out, as providers echo it. */
const KEY_SHAPES = /\b(?:sk|pk|rk|gsk|xai)-[\w*.-]{6,}|\bAIza[\w*-]{8,}/g;

/** The longest piece of a provider's message that is passed on. */
const MAX_CHARS = 400;

/** Makes a function that takes keys and passwords out of a text of a provider, and shortens it to a sentence or two. */
export function createRedactor(config: ModelConfig): (text: string) => string {
  const urls = [config.openai_compatible_base_url, ...Object.values(config.base_urls ?? {})];
  const secrets = [
    config.openrouter_api_key,
    config.anthropic_api_key,
    config.openai_api_key,
    config.google_api_key,
    config.openai_compatible_api_key,
    ...urls.flatMap(passwordsOf),
  ].filter((secret): secret is string => secret !== null && secret !== '');
  // The longest first: a key that begins with another one must not leave its end behind.
  const ordered = secrets.toSorted((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const secret of ordered) clean = clean.replaceAll(secret, '[redacted]');
    clean = clean.replace(KEY_SHAPES, '[redacted]').replace(/\s+/g, ' ').trim();
    return clean.length > MAX_CHARS ? `${clean.slice(0, MAX_CHARS)}…` : clean;
  };
}

function passwordsOf(address: string | null): string[] {
  if (address === null || !URL.canParse(address)) return [];
  const { password, search } = new URL(address);
  return [password, decodeURIComponent(password), search];
}
