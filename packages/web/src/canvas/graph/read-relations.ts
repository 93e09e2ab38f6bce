import {
  compileSelector,
  SCHEMAS,
  SelectorError,
  type CompiledSelector,
  type Selector,
} from '@cairn/protocol';
import { fieldOf, textOf } from '../../live/read-context.ts';
import type { NodeKind } from './graph.ts';
import type { GraphRecord } from './graph-record.ts';

/** The setting of a tool, as clients of the original write it. */
const TOOL_CONFIG = 'tool.config.v1';

/** Schemas whose contexts say how things belong together. */
export const RELATION_SCHEMAS: readonly string[] = [
  SCHEMAS.agent_definition,
  SCHEMAS.tool_definition,
  SCHEMAS.tool_code,
  SCHEMAS.context_config,
  TOOL_CONFIG,
];

const SYSTEM_SCHEMAS: ReadonlySet<string> = new Set([
  SCHEMAS.agent_status,
  SCHEMAS.context_config,
  SCHEMAS.context_blacklist,
  SCHEMAS.agent_catalog,
  SCHEMAS.tool_catalog,
  'tool.status.v1',
  TOOL_CONFIG,
]);
const SYSTEM_PREFIXES = ['system.', 'schema.', 'cairn.', 'mcp.'] as const;

/** What a record is on the canvas. */
export function kindOf({ schema_name }: Pick<GraphRecord, 'schema_name'>): NodeKind {
  if (schema_name === null) return 'breadcrumb';
  if (schema_name === SCHEMAS.agent_definition) return 'agent-definition';
  if (schema_name === SCHEMAS.tool_definition || schema_name === SCHEMAS.tool_code) return 'tool';
  const is_system =
    SYSTEM_SCHEMAS.has(schema_name) ||
    SYSTEM_PREFIXES.some((prefix) => schema_name.startsWith(prefix));
  return is_system ? 'system' : 'breadcrumb';
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Who made a record, by what is stored or, failing that, by what an answer says of itself. Null: nobody knows. */
export function authorOf(record: GraphRecord): string | null {
  if (record.created_by !== null) return record.created_by;
  if (record.schema_name !== SCHEMAS.agent_response) return null;
  const said = textOf(record.context, 'agent_id');
  return said !== null && UUID.test(said) ? said.toLowerCase() : null;
}

/** A selector of an agent definition, ready to be matched. */
export interface DefinitionSelector {
  readonly definition_id: string;
  /** A definition that says nothing of the role means a trigger. */
  readonly kind: 'subscribed' | 'triggered';
  readonly selector: CompiledSelector;
  /** True when it asks for more than tags and schema. */
  readonly has_rules: boolean;
}

/** The selectors of a definition. Those outside the grammar match nothing and are left out. */
export function selectorsOf(definition: GraphRecord): readonly DefinitionSelector[] {
  const listed = fieldOf(fieldOf(definition.context, 'subscriptions'), 'selectors');
  if (!Array.isArray(listed)) return [];
  return (listed as readonly unknown[]).flatMap((each) => {
    if (typeof each !== 'object' || each === null) return [];
    const kind = textOf(each, 'role') === 'context' ? 'subscribed' : 'triggered';
    const selector = compiled(each);
    if (selector === null) return [];
    const rules = fieldOf(each, 'context_match');
    const has_rules = Array.isArray(rules) && rules.length > 0;
    return [{ definition_id: definition.id, kind, selector, has_rules } as const];
  });
}

function compiled(selector: Selector): CompiledSelector | null {
  try {
    return compileSelector(selector);
  } catch (error) {
    // Anybody may write a definition: what a selector holds need not even be of the right type.
    if (error instanceof SelectorError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Of which schemas the contexts of ordinary records are needed: `null` stands for all. */
export function schemasWithRules(records: readonly GraphRecord[]): ReadonlySet<string | null> {
  const wanted = new Set<string | null>();
  for (const record of records) {
    if (record.schema_name !== SCHEMAS.agent_definition) continue;
    for (const { selector, has_rules } of selectorsOf(record)) {
      if (has_rules) wanted.add(selector.schema_name);
    }
  }
  return wanted;
}

/** Says of which schemas contexts are kept: those that relate things, and those that some selector looks into. */
export function contextKeeper(
  records: readonly GraphRecord[],
): (schema_name: string | null) => boolean {
  const ruled = schemasWithRules(records);
  return (schema_name) =>
    ruled.has(null) ||
    (schema_name !== null &&
      (RELATION_SCHEMAS.includes(schema_name) ||
        schema_name === SCHEMAS.agent_response ||
        ruled.has(schema_name)));
}

/** The name that tools are called by and agents are asked by; the title where the context is not known. */
export function nameOf(record: GraphRecord): string {
  return textOf(record.context, 'agent_id', 'name') ?? record.title;
}

/** The tool that a setting is for, and the agent that a context plan is for; null for all else. */
export function configuredBy(
  record: GraphRecord,
): { readonly kind: 'tool' | 'agent-definition'; readonly name: string } | null {
  if (record.schema_name === TOOL_CONFIG) {
    const tagged = record.tags.find((tag) => tag.startsWith('tool:config:'));
    const name =
      textOf(record.context, 'tool_name', 'toolName', 'tool') ??
      tagged?.slice('tool:config:'.length);
    return name === undefined ? null : { kind: 'tool', name };
  }
  if (record.schema_name === SCHEMAS.context_config) {
    const name = textOf(record.context, 'consumer_id');
    return name === null ? null : { kind: 'agent-definition', name };
  }
  return null;
}

/** Names of the secrets that a tool needs. */
export function secretsNeeded(tool: GraphRecord): readonly string[] {
  const names = fieldOf(tool.context, 'required_secrets');
  return Array.isArray(names)
    ? (names as readonly unknown[]).filter((name) => typeof name === 'string')
    : [];
}
