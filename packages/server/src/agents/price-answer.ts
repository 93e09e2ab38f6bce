import type { ModelAnswer } from './models/index.ts';

/** What a model costs from a day on, in US dollars for a million tokens. */
export interface Price {
  /** As it is asked for: `provider/model-id`. */
  readonly model: string;
  readonly input_usd: number;
  readonly output_usd: number;
  /** A date; the beginning of time when none was given. */
  readonly from: string;
}

/** An answer with what it cost. */
export interface PricedAnswer extends ModelAnswer {
  readonly usage: ModelAnswer['usage'] & { readonly cost_usd: number | null };
}

const PRICE = /^([^\s,=]+)=(\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)(?:@(\d{4}-\d{2}-\d{2}))?$/;
const MILLION = 1_000_000;

/**
 * Reads prices such as `openai/some-model=2.5/10@2026-01-01`, separated by commas: dollars for a million tokens of input
 * and of output, and the day from which they hold. @throws Error that says what was expected
 */
export function readPrices(text: string): readonly Price[] {
  const parts = text.split(',').map((each) => each.trim());
  return parts
    .filter((part) => part !== '')
    .map((part) => {
      const [, model, input, output, from = '0000-01-01'] = PRICE.exec(part) ?? [];
      if (model === undefined)
        throw new Error(
          'expected provider/model=input/output@date, as in openai/x=2.5/10@2026-01-01',
        );
      return { model, input_usd: Number(input), output_usd: Number(output), from };
    });
}

/**
 * An answer with what it cost: as the provider told, else by the price that held at the time, else null. A price needs
 * the tokens of both directions.
 */
export function withCost(
  answer: ModelAnswer,
  asked: { readonly model: string; readonly at_ms: number; readonly prices: readonly Price[] },
): PricedAnswer {
  const cost_usd = costOf(answer) ?? byPrice(answer, asked);
  return { ...answer, usage: { ...answer.usage, cost_usd } };
}

/** What an answer cost, as it says itself; null when it does not. */
export function costOf({ usage }: ModelAnswer): number | null {
  const { cost_usd = null } = usage;
  return cost_usd !== null && Number.isFinite(cost_usd) && cost_usd >= 0 ? cost_usd : null;
}

function byPrice(
  { usage }: ModelAnswer,
  { model, at_ms, prices }: { model: string; at_ms: number; prices: readonly Price[] },
): number | null {
  const today = new Date(at_ms).toISOString().slice(0, 10);
  const price = prices
    .filter((each) => each.model === model && each.from <= today)
    .toSorted((a, b) => (a.from < b.from ? -1 : 1))
    .at(-1);
  const { input_tokens, output_tokens } = usage;
  if (!price || input_tokens === null || output_tokens === null) return null;
  return (input_tokens * price.input_usd + output_tokens * price.output_usd) / MILLION;
}
