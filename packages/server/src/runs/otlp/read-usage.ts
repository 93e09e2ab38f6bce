import { type Usage } from '@cairn/protocol';
import { COST_PARTS, FIGURES, TOTAL_TOKENS } from './attribute-names.ts';
import { type Attributes, type AttributeValue } from './contract.ts';

/** The figures of a model call; null for what was not reported, never zero for it. */
export type Figures = Pick<
  Usage,
  'input_tokens' | 'output_tokens' | 'cached_input_tokens' | 'reasoning_tokens' | 'cost_usd'
>;

export const FIGURE_NAMES = [
  'input_tokens',
  'output_tokens',
  'cached_input_tokens',
  'reasoning_tokens',
  'cost_usd',
] as const satisfies readonly (keyof Figures)[];

/** Nothing reported. */
export const NO_FIGURES: Figures = {
  input_tokens: null,
  output_tokens: null,
  cached_input_tokens: null,
  reasoning_tokens: null,
  cost_usd: null,
};

/** Attributes that `readFigures` reads: they need not be kept beside what it gives. */
const READ: ReadonlySet<string> = new Set([
  ...FIGURE_NAMES.flatMap((name) => FIGURES[name]),
  ...COST_PARTS.flat(),
  ...TOTAL_TOKENS,
]);

export function isFigure(attribute: string): boolean {
  return READ.has(attribute);
}

/** The figures that a span reports of itself, and the sum of its tokens where it tells only that. */
export function readFigures(attributes: Attributes): {
  readonly figures: Figures;
  readonly total_tokens: number | null;
} {
  const tokens = (names: readonly string[]) => firstNumber(attributes, names, true);
  return {
    figures: {
      input_tokens: tokens(FIGURES.input_tokens),
      output_tokens: tokens(FIGURES.output_tokens),
      cached_input_tokens: tokens(FIGURES.cached_input_tokens),
      reasoning_tokens: tokens(FIGURES.reasoning_tokens),
      cost_usd: firstNumber(attributes, FIGURES.cost_usd, false) ?? sumOfParts(attributes),
    },
    total_tokens: tokens(TOTAL_TOKENS),
  };
}

function sumOfParts(attributes: Attributes): number | null {
  for (const [input, output] of COST_PARTS) {
    const parts = [input, output]
      .map((name) => firstNumber(attributes, [name], false))
      .filter((part) => part !== null);
    if (parts.length > 0) return parts.reduce((sum, part) => sum + part, 0);
  }
  return null;
}

function firstNumber(
  attributes: Attributes,
  names: readonly string[],
  whole: boolean,
): number | null {
  for (const name of names) {
    const value = readNumber(attributes.get(name), whole);
    if (value !== null) return value;
  }
  return null;
}

/** A count or an amount; some senders write numbers as text, and some write -1 or NaN for what they do not know. */
function readNumber(value: AttributeValue | undefined, whole: boolean): number | null {
  const number =
    typeof value === 'string' && /^\d{1,16}(?:\.\d{1,20})?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return null;
  if (!whole) return number;
  return Number.isSafeInteger(number) ? number : null;
}

/** The sum of two figures of which each may be unknown. */
export function addFigure(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : a + b;
}
