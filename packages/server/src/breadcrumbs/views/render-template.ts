import {
  parseTemplate,
  type Expression,
  type Template,
  type TemplateNode,
} from './parse-template.ts';
import type { ViewBudget } from './view-budget.ts';
import { textOf } from './write-text.ts';

/** What paths mean at one point of a template. */
interface Scope {
  readonly value: unknown;
  /** What `../` leads to; null at the root. */
  readonly parent: Scope | null;
  /** Values of the innermost loop. */
  readonly loop: Loop | null;
  /** Block parameters by name. */
  readonly names: ReadonlyMap<string, unknown>;
}

interface Loop {
  readonly parent: Loop | null;
  readonly values: Readonly<Record<'index' | 'key' | 'first' | 'last', unknown>>;
}

/**
 * Renders a template over a context. The context's own keys are names at the top, and `context` is all of it.
 *
 * The result is plain text for a model: nothing is escaped for HTML, `{{a}}` and `{{{a}}}` are the same. Only own
 * properties are read, so `constructor` and `__proto__` name nothing unless the context has such a key. What is
 * missing is written as nothing, objects and arrays as compact JSON. `if`, `each` and `with` take false, 0 (only
 * `if`), '', null, the missing and empty arrays as false, as Handlebars does; values of loops are as there, too.
 * @throws HintError for a template that cannot be parsed or that costs more than the budget.
 */
export function renderTemplate(text: string, context: unknown, budget: ViewBudget): string {
  budget.parse(text.length);
  const written: string[] = [];
  const root: Scope = { value: context, parent: null, loop: null, names: new Map() };
  render(parseTemplate(text), root, budget, written);
  return written.join('');
}

function render(template: Template, scope: Scope, budget: ViewBudget, written: string[]): void {
  for (const node of template) {
    budget.step();
    renderNode(node, scope, budget, written);
  }
}

function renderNode(node: TemplateNode, scope: Scope, budget: ViewBudget, written: string[]): void {
  if (node.kind === 'text') {
    budget.write(node.text.length);
    written.push(node.text);
    return;
  }
  const value = evaluate(node.of, scope, budget);
  switch (node.kind) {
    case 'value':
      written.push(textOf(value, budget));
      return;
    case 'if':
    case 'unless': {
      const is_true = value !== 0 && !isEmpty(value);
      render(is_true === (node.kind === 'if') ? node.body : node.otherwise, scope, budget, written);
      return;
    }
    case 'with': {
      if (isEmpty(value)) return render(node.otherwise, scope, budget, written);
      const names = bind(node.names, [value]);
      return render(node.body, { value, parent: scope, loop: scope.loop, names }, budget, written);
    }
    case 'each': {
      let is_empty = true;
      for (const inner of iterate(value, node.names, scope, budget)) {
        is_empty = false;
        render(node.body, inner, budget, written);
      }
      if (is_empty) render(node.otherwise, scope, budget, written);
    }
  }
}

function* iterate(
  subject: unknown,
  names: readonly string[],
  scope: Scope,
  budget: ViewBudget,
): Generator<Scope> {
  if (typeof subject !== 'object' || subject === null) return;
  const keys = Array.isArray(subject) ? [...subject.keys()] : Object.keys(subject);
  const last = keys.length - 1;
  let index = 0;
  for (const key of keys) {
    budget.step();
    const value = (subject as Record<string | number, unknown>)[key];
    const values = { index, key, first: index === 0, last: index === last };
    yield {
      value,
      parent: scope,
      loop: { parent: scope.loop, values },
      names: bind(names, [value, key]),
    };
    index++;
  }
}

function bind(names: readonly string[], values: readonly unknown[]): ReadonlyMap<string, unknown> {
  return new Map(names.slice(0, values.length).map((name, index) => [name, values[index]]));
}

function isEmpty(value: unknown): boolean {
  return (!value && value !== 0) || (Array.isArray(value) && value.length === 0);
}

function evaluate(expression: Expression, scope: Scope, budget: ViewBudget): unknown {
  if (expression.kind === 'literal') return expression.value;
  const { keys, depth, is_data, is_scoped } = expression;
  const [head, ...rest] = keys;
  if (is_data) return walk(loopValue(head, depth, scope), rest, budget);
  if (head !== undefined && depth === 0 && !is_scoped) {
    for (let at: Scope | null = scope; at; at = at.parent) {
      budget.step();
      if (at.names.has(head)) return walk(at.names.get(head), rest, budget);
    }
  }
  let at: Scope | null = scope;
  for (let up = 0; up < depth && at; up++) at = at.parent;
  if (!at) return undefined;
  // At the top `context` is the whole context, even when that has a key of this name.
  return at.parent === null && head === 'context'
    ? walk(at.value, rest, budget)
    : walk(at.value, keys, budget);
}

function loopValue(name: string | undefined, depth: number, scope: Scope): unknown {
  if (name === 'root') {
    let top = scope;
    while (top.parent) top = top.parent;
    return top.value;
  }
  let loop = scope.loop;
  for (let up = 0; up < depth && loop; up++) loop = loop.parent;
  return loop && (name === 'index' || name === 'key' || name === 'first' || name === 'last')
    ? loop.values[name]
    : undefined;
}

/** Follows own properties only; a string has none but its `length`. */
function walk(value: unknown, keys: readonly string[], budget: ViewBudget): unknown {
  let at = value;
  for (const key of keys) {
    budget.step();
    if (typeof at === 'string') at = key === 'length' ? at.length : undefined;
    else if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    else at = (at as Record<string, unknown>)[key];
  }
  return at;
}
