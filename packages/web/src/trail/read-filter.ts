import { compileSelector, OPERATORS, type ContextRule, type Selector } from '@cairn/protocol';
import type { TextSearch } from '../routes/search.ts';

/** A rule about the context, as it is edited: `value` is JSON, or plain text that stands for itself. */
export interface RuleText {
  readonly path: string;
  readonly op: string;
  readonly value: string;
}

/** Which breadcrumbs the list shows. */
export interface TrailSelection {
  readonly q: string;
  readonly schema_name: string;
  readonly any_tags: readonly string[];
  readonly all_tags: readonly string[];
  readonly rules: readonly RuleText[];
}

/** Reads the selection from the address. What is broken there counts as absent. */
export function readSelection(search: TextSearch): TrailSelection {
  return {
    q: search['q'] ?? '',
    schema_name: search['schema'] ?? '',
    any_tags: readTags(search['any'] ?? ''),
    all_tags: readTags(search['all'] ?? ''),
    rules: readRules(search['rules'] ?? ''),
  };
}

/** The selection as texts of the address; empty ones leave it. */
export function writeSelection(selection: TrailSelection): TextSearch {
  const { rules } = selection;
  return {
    q: selection.q,
    schema: selection.schema_name,
    any: selection.any_tags.join(' '),
    all: selection.all_tags.join(' '),
    rules: rules.length === 0 ? '' : JSON.stringify(rules.map((r) => [r.path, r.op, r.value])),
  };
}

/** So many ids fit into an address. */
const CHOSEN_AT_MOST = 100;

/** The rows that the address says are chosen. */
export function readChosen(search: TextSearch): ReadonlySet<string> {
  return new Set(readTags(search['selected'] ?? '').slice(0, CHOSEN_AT_MOST));
}

/** Chosen rows as a text of the address; empty when they are too many for one. */
export function writeChosen(chosen: ReadonlySet<string>): string {
  return chosen.size > CHOSEN_AT_MOST ? '' : [...chosen].join(' ');
}

/** True when everything is shown. */
export function isEverything(selection: TrailSelection): boolean {
  return Object.values(writeSelection(selection)).every((text) => text === '');
}

/** Tags are written beside each other with blanks or commas between. */
export function readTags(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,]+/).filter((tag) => tag !== ''))];
}

function readRules(text: string): readonly RuleText[] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (!Array.isArray(parsed)) return [];
    return parsed.flatMap((each: unknown) => {
      if (!Array.isArray(each) || !each.every((part) => typeof part === 'string')) return [];
      const [path = '', op = 'eq', value = ''] = each;
      return [{ path, op, value }];
    });
  } catch {
    return [];
  }
}

/** The selection in the grammar that subscriptions, webhooks, agents and streams take. Words are no part of it. */
export function selectorOf(selection: TrailSelection): Selector {
  const { any_tags, all_tags, schema_name, rules } = selection;
  const context_match = rules.filter(({ path }) => path.trim() !== '').map(ruleOf);
  return {
    ...(any_tags.length === 0 ? {} : { any_tags: [...any_tags] }),
    ...(all_tags.length === 0 ? {} : { all_tags: [...all_tags] }),
    ...(schema_name === '' ? {} : { schema_name }),
    ...(context_match.length === 0 ? {} : { context_match }),
  };
}

function ruleOf({ path, op, value }: RuleText): ContextRule {
  // Whether something is there at all is the one rule that needs no value.
  if (op === 'exists' && value.trim() === '') return { path, op };
  return { path, op, value: jsonOrText(value) };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What is wrong with a rule, in the words of the grammar; null when it is right. */
export function faultOfRule(rule: RuleText): string | null {
  if (rule.path.trim() === '') return null;
  if (!OPERATORS.some((each) => each === rule.op)) return `${rule.op} is no operator`;
  try {
    compileSelector({ context_match: [ruleOf(rule)] });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
