import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { excludeParts, includeParts } from './select-parts.ts';
import { applyRule } from './transform-rule.ts';
import { HintError, VIEW_LIMITS, ViewBudget } from './view-budget.ts';

const Parts = Type.Array(Type.String({ minLength: 1, maxLength: VIEW_LIMITS.path_chars }), {
  maxItems: VIEW_LIMITS.parts,
  description: 'Dotted names, such as `user.email` or `items[*].id`, or RFC 9535 paths',
});

/** How a context is shown to a model: `include`, then `exclude`, then `transform`. */
export const LlmHints = Type.Object({
  include: Type.Optional(Type.Union([Parts, Type.Null()])),
  exclude: Type.Optional(Type.Union([Parts, Type.Null()])),
  transform: Type.Optional(
    Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
      description: 'Keys of the view, each with a rule: template, extract, literal or format',
    }),
  ),
  mode: Type.Optional(
    Type.Union([Type.Literal('replace'), Type.Literal('merge'), Type.Null()], {
      description: 'Whether the transformed keys are all of the view (replace) or are added to it',
    }),
  ),
});
export type LlmHints = Static<typeof LlmHints>;

/** A context as its hints show it. */
export interface View {
  readonly context: unknown;
  /** Why the hints, or their transform, were not applied: a clause about the hints. Null when all of them were. */
  readonly problem: string | null;
}

/** As `viewThroughHints`, without the reason when hints could not be applied. */
export function applyHints(context: unknown, hints: unknown): unknown {
  return viewThroughHints(context, hints).context;
}

/**
 * Shows a context through hints; without hints (null, undefined) as it is. Never throws, and never changes what it is
 * given: what is untouched is shared with the result.
 *
 * - `include` keeps, `exclude` removes exactly the parts that are named; an empty `include` is none.
 * - In mode replace (the default) a transform gives all keys of the view; in mode merge they are added to the included
 *   and excluded context, which goes under `context` when it is no object.
 * - A rule that fails leaves out the whole transform, so that nobody reads half of a view; what was excluded stays
 *   out. Hints that are malformed otherwise are no hints.
 * - Costs are limited by VIEW_LIMITS, whatever hints and context are. Hints are a matter of taste, not of access:
 *   who may read the record may read all of it.
 */
export function viewThroughHints(context: unknown, hints: unknown): View {
  if (hints === null || hints === undefined) return { context, problem: null };
  const budget = new ViewBudget();
  let shown = context;
  try {
    if (!isHints(hints)) throw new HintError(whyNoHints(hints));
    if (hints.include && hints.include.length > 0) {
      shown = includeParts(shown, hints.include, budget);
    }
    if (hints.exclude) shown = excludeParts(shown, hints.exclude, budget);
    const rules = Object.entries(hints.transform ?? {});
    if (rules.length === 0) return { context: shown, problem: null };
    if (rules.length > VIEW_LIMITS.rules) {
      return { context: shown, problem: `have more than ${VIEW_LIMITS.rules} rules` };
    }
    return transform(shown, rules, hints.mode ?? 'replace', budget);
  } catch (error) {
    return { context, problem: whyNot(error) };
  }
}

function transform(
  shown: unknown,
  rules: readonly [string, unknown][],
  mode: 'replace' | 'merge',
  budget: ViewBudget,
): View {
  const made: [string, unknown][] = [];
  for (const [key, rule] of rules) {
    try {
      made.push([key, applyRule(rule, shown, budget)]);
    } catch (error) {
      const problem = `transform.${key.slice(0, 100)} ${whyNot(error)}`;
      return { context: shown, problem };
    }
  }
  const kept =
    mode === 'replace' ? [] : isRecord(shown) ? Object.entries(shown) : [['context', shown]];
  // fromEntries defines keys, so that one named __proto__ is a key like another.
  return { context: Object.fromEntries([...kept, ...made]), problem: null };
}

function isHints(hints: unknown): hints is LlmHints {
  return Value.Check(LlmHints, hints);
}

function whyNoHints(hints: unknown): string {
  if (!isRecord(hints)) return 'are no object';
  const [error] = Value.Errors(LlmHints, hints);
  const field = error?.instancePath.split('/')[1] ?? '';
  return FIELDS.includes(field) ? `have a malformed ${field}` : 'are malformed';
}

const FIELDS: readonly string[] = Object.keys(LlmHints.properties);

/** A fault that is not ours to name (a stack that overflowed, a getter that threw) says only its kind. */
function whyNot(error: unknown): string {
  if (error instanceof HintError) return error.message;
  return `cannot be applied (${error instanceof Error ? error.name : 'unknown fault'})`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
