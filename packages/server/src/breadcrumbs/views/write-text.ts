import { HintError, VIEW_LIMITS, type ViewBudget } from './view-budget.ts';

/**
 * A value as a model reads it: text as it is, numbers and true/false in words, nothing for null and for what is
 * missing, and compact JSON for objects and arrays. Pays for what it writes before it writes it.
 */
export function textOf(value: unknown, budget: ViewBudget): string {
  switch (typeof value) {
    case 'string':
      budget.write(value.length);
      return value;
    case 'number':
    case 'boolean':
    case 'bigint': {
      const text = String(value);
      budget.write(text.length);
      return text;
    }
    case 'object':
      return value === null ? '' : jsonOf(value, budget);
    default:
      return '';
  }
}

/** Compact JSON, paid for piece by piece: a value too large is given up before it is written. */
export function jsonOf(value: unknown, budget: ViewBudget, depth = 0): string {
  if (depth > VIEW_LIMITS.depth) {
    throw new HintError(`writes a value nested deeper than ${VIEW_LIMITS.depth} levels`);
  }
  if (Array.isArray(value)) {
    budget.write(value.length + 1);
    return `[${value.map((each) => jsonOf(each, budget, depth + 1)).join(',')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value);
    budget.write(2 * keys.length + 1);
    const fields = keys.map(
      (key) =>
        `${scalarOf(key, budget)}:${jsonOf((value as Record<string, unknown>)[key], budget, depth + 1)}`,
    );
    return `{${fields.join(',')}}`;
  }
  return scalarOf(value, budget);
}

function scalarOf(value: unknown, budget: ViewBudget): string {
  const isJson = typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  const text = isJson ? JSON.stringify(value) : 'null';
  budget.write(text.length);
  return text;
}
