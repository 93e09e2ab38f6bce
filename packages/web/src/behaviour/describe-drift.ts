import type { BehaviorDrift, DriftType, Severity } from '@cairn/protocol';
import type { Tone } from '../ui/badge.tsx';
import { formatPart, formatPercent, formatSpan } from '../ui/format-figures.ts';

/** What changed, for people. */
export const DRIFT_TYPES: Readonly<Record<DriftType, string>> = {
  decision: 'Decisions',
  signal: 'Quality signals',
  latency: 'Latency',
};

/** How a severity is shown. */
export const SEVERITIES: Readonly<
  Record<Severity, { readonly tone: Tone; readonly word: string }>
> = {
  high: { tone: 'bad', word: 'High' },
  medium: { tone: 'warn', word: 'Medium' },
  low: { tone: 'calm', word: 'Low' },
};

/** A value of a metric: milliseconds of latency, else a part of 0 to 1. */
export function showValue(drift_type: DriftType, value: number): string {
  return drift_type === 'latency' ? formatSpan(value) : formatPart(value);
}

/** The name of a metric, without its raw form: `types/…` is the mix of types. */
export function nameMetric(drift_type: DriftType, metric: string): string {
  if (drift_type === 'latency')
    return metric === 'p95' ? 'p95 of run duration' : 'mean run duration';
  const at = metric.indexOf('/');
  const [name, choice] = [metric.slice(0, at), metric.slice(at + 1)];
  if (at === -1) return metric;
  if (name === 'types') return `share of ${choice}`;
  if (!choice.endsWith('=false')) return `${choice} in ${name}`;
  return `${choice.slice(0, -'=false'.length)} (false) in ${name}`;
}

/** What was observed, in a sentence that does not judge it. */
export function describeDrift(drift: BehaviorDrift): string {
  const { drift_type, metric, baseline_value, observed_value } = drift;
  const direction =
    observed_value > baseline_value
      ? 'increase'
      : observed_value < baseline_value
        ? 'decrease'
        : 'change';
  return (
    `Observed ${direction} of ${nameMetric(drift_type, metric)}: ` +
    `from ${showValue(drift_type, baseline_value)} to ${showValue(drift_type, observed_value)}`
  );
}

/** The difference with its sign: parts in percentage points. */
export function showDelta({ drift_type, delta }: BehaviorDrift): string {
  const sign = delta > 0 ? '+' : delta < 0 ? '−' : '±';
  const size = Math.abs(delta);
  if (drift_type === 'latency') return sign + formatSpan(size);
  return `${sign}${(size * 100).toFixed(1)} percentage points`;
}

/** The difference as a part of the baseline's value. */
export function showRelative({ delta_percent }: BehaviorDrift): string {
  if (delta_percent === null) return 'was not there before';
  const sign = delta_percent > 0 ? '+' : delta_percent < 0 ? '−' : '±';
  return sign + formatPercent(Math.abs(delta_percent));
}

/** A p-value: tiny ones are not zero. */
export function showSignificance(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
}

/** The names of the tests, for people. */
export const METHODS: Readonly<Record<BehaviorDrift['test_method'], string>> = {
  chi_square: 'Chi-square test of the counts',
  mann_whitney: 'Mann–Whitney U test of the durations',
};
