/** xAI counts dollars in these. */
const TICKS_PER_USD = 10_000_000_000;

/**
 * What one call cost in US dollars, by the usage as its provider wrote it; null where it does not say. OpenRouter, and
 * proxies that follow it, tell `cost`; with a key of ones own that is their fee, and what the key paid for stands beside
 * it. Perplexity tells `cost.total_cost`, xAI `cost_in_usd_ticks`.
 */
export function readCost(usage: unknown): number | null {
  const { cost, is_byok, cost_details, cost_in_usd_ticks } = fieldsOf(usage);
  const ticks = readAmount(cost_in_usd_ticks);
  const whole = readAmount(cost) ?? readAmount(fieldsOf(cost)['total_cost']);
  const told = whole ?? (ticks === null ? null : ticks / TICKS_PER_USD);
  if (told === null || is_byok !== true) return told;
  return told + (readAmount(fieldsOf(cost_details)['upstream_inference_cost']) ?? 0);
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function readAmount(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
