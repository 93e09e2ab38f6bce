import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { findPlaces } from '@cairn/protocol';
import { readJsonPath } from './read-json-path.ts';
import { renderTemplate } from './render-template.ts';
import { placesOf } from './select-parts.ts';
import { HintError, type ViewBudget } from './view-budget.ts';
import { jsonOf, textOf } from './write-text.ts';

/** How one key of a view is made from the context. */
export const TransformRule = Type.Union([
  Type.Object({
    type: Type.Literal('template'),
    template: Type.String({ description: 'Handlebars syntax over the keys of the context' }),
  }),
  Type.Object({
    type: Type.Literal('extract'),
    value: Type.String({
      description: 'RFC 9535 path: null, the one value, or an array of the many that it finds',
    }),
  }),
  Type.Object({ type: Type.Literal('literal'), literal: Type.Unknown() }),
  Type.Object({
    type: Type.Literal('format'),
    format: Type.String({ description: 'Text with {dotted.paths}; what is missing is empty' }),
  }),
]);
export type TransformRule = Static<typeof TransformRule>;

/**
 * What a rule makes of a context.
 * @throws HintError for a rule of an unknown kind (`jq` is one), a malformed one, and one that costs too much.
 */
export function applyRule(rule: unknown, context: unknown, budget: ViewBudget): unknown {
  if (!Value.Check(TransformRule, rule)) throw new HintError(whyNoRule(rule));
  switch (rule.type) {
    case 'template':
      return renderTemplate(rule.template, context, budget);
    case 'format':
      return formatText(rule.format, context, budget);
    case 'literal':
      return paidFor(rule.literal, budget);
    case 'extract': {
      const found = findPlaces(readJsonPath(rule.value), context, budget);
      const values = found.map(({ value }) => value);
      return paidFor(values.length > 1 ? values : (values[0] ?? null), budget);
    }
  }
}

function whyNoRule(rule: unknown): string {
  const type = typeof rule === 'object' && rule !== null && 'type' in rule ? rule.type : undefined;
  const isKnown =
    type === 'template' || type === 'extract' || type === 'format' || type === 'literal';
  if (isKnown) return `has a rule of type ${type} without its ${FIELD_OF[type]}`;
  const shown = typeof type === 'string' ? JSON.stringify(type.slice(0, 50)) : 'no known type';
  return `has a rule of type ${shown}; expected template, extract, literal or format`;
}

const FIELD_OF = {
  template: 'template (text)',
  extract: 'value (a path)',
  format: 'format (text)',
  literal: 'literal',
} as const;

/** A value goes into the answer as JSON: it costs what a template costs that writes it. */
function paidFor(value: unknown, budget: ViewBudget): unknown {
  jsonOf(value, budget);
  return value;
}

/** Braces around anything but braces; others stay as they are. What is put in is not looked at again. */
const PLACEHOLDER = /\{([^{}]+)\}/g;

function formatText(format: string, context: unknown, budget: ViewBudget): string {
  budget.parse(format.length);
  const pieces: string[] = [];
  let at = 0;
  for (const match of format.matchAll(PLACEHOLDER)) {
    pieces.push(textOf(format.slice(at, match.index), budget));
    pieces.push(textOf(valueAt(match[1] ?? '', context, budget), budget));
    at = match.index + match[0].length;
  }
  return [...pieces, textOf(format.slice(at), budget)].join('');
}

/** As in templates, `context` is all of the context; a path that finds many gives an array. */
function valueAt(given: string, context: unknown, budget: ViewBudget): unknown {
  const path = given.trim();
  if (path === 'context') return context;
  const places = placesOf(path.replace(/^context(?=[.[])\.?/, ''), context, budget);
  return places.length > 1 ? places.map(({ value }) => value) : places[0]?.value;
}
