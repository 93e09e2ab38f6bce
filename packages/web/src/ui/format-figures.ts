import { formatDuration } from './format-time.ts';

/** What stands where nothing was measured or said: it is not zero. */
export const UNKNOWN = '–';

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** A count in full: `12,345`. */
export function formatCount(count: number | null | undefined): string {
  return count === null || count === undefined ? UNKNOWN : WHOLE.format(count);
}

/** A count in few characters: `950`, `12.3K`. */
export function formatShort(count: number | null | undefined): string {
  if (count === null || count === undefined) return UNKNOWN;
  return count < 1_000 ? WHOLE.format(count) : SHORT.format(count);
}

/** US dollars, with as many digits as small amounts need: `$0.0042`, `$1.25`. */
export function formatCost(usd: number | null | undefined): string {
  if (usd === null || usd === undefined) return UNKNOWN;
  if (usd === 0) return '$0';
  if (usd < 0.000_1) return '<$0.0001';
  return `$${usd.toFixed(usd < 1 ? 4 : 2)}`;
}

/** A duration in milliseconds. */
export function formatSpan(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? UNKNOWN : formatDuration(ms);
}

/** A percentage of 0 to 100. */
export function formatPercent(percent: number | null | undefined): string {
  if (percent === null || percent === undefined) return UNKNOWN;
  return `${percent.toFixed(Number.isInteger(percent) ? 0 : 1)}%`;
}

/** A part of 0 to 1 as a percentage. */
export function formatPart(part: number | null | undefined): string {
  return part === null || part === undefined ? UNKNOWN : formatPercent(part * 100);
}

/** Tokens in and out together; null when neither was said. */
export function totalTokens(usage: {
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
}): number | null {
  const { input_tokens, output_tokens } = usage;
  if (input_tokens === null && output_tokens === null) return null;
  return (input_tokens ?? 0) + (output_tokens ?? 0);
}
