import { WHEN_BUSY } from '@cairn/protocol';
import { fieldOf, numberOf, textOf } from '../live/read-context.ts';

/** What an agent may do, and whether it may when nothing is said. */
export const CAPABILITIES = [
  { name: 'can_use_tools', says: 'use tools', by_default: true },
  { name: 'can_create_breadcrumbs', says: 'create breadcrumbs', by_default: true },
  { name: 'can_update_own', says: 'change its own breadcrumbs', by_default: true },
  { name: 'can_delete_own', says: 'delete its own breadcrumbs', by_default: false },
  { name: 'can_spawn_agents', says: 'ask and hand over to other agents', by_default: false },
] as const;

/** The limits that the form knows, of one run. */
export const LIMIT_FIELDS = [
  { name: 'model_calls', label: 'Model calls', usual: '16' },
  { name: 'tool_calls', label: 'Tool calls', usual: '64' },
  { name: 'tokens', label: 'Tokens', usual: 'no limit' },
  { name: 'cost_usd', label: 'Cost in dollars', usual: 'no limit' },
  { name: 'wall_time_s', label: 'Seconds', usual: '3600' },
  { name: 'depth', label: 'Agents calling agents', usual: '8' },
] as const;

/** A definition of an agent as the form has it: every field as text or choice. */
export interface AgentDraft {
  readonly agent_id: string;
  readonly description: string;
  readonly model: string;
  readonly system_prompt: string;
  readonly temperature: string;
  /** Null: all tools. */
  readonly tools: readonly string[] | null;
  readonly capabilities: Readonly<Record<string, boolean>>;
  readonly when_busy: string;
  readonly limits: Readonly<Record<string, string>>;
  /** Tools that need consent; `*` is all. */
  readonly approvals: string;
  /** JSON of the list of selectors. */
  readonly selectors: string;
}

const FIRST_SELECTORS = [
  { role: 'trigger', schema_name: 'user.message.v1', any_tags: ['user:message'] },
];

/** What a new agent begins with. */
export const NEW_AGENT: AgentDraft = draftOfAgent({
  subscriptions: { selectors: FIRST_SELECTORS },
});

/** Reads a definition of any shape: what does not fit a field is left to the JSON editor. */
export function draftOfAgent(context: unknown): AgentDraft {
  const tools = fieldOf(context, 'tools');
  const capabilities = fieldOf(context, 'capabilities');
  const limits = fieldOf(context, 'limits');
  const approved = fieldOf(fieldOf(context, 'approvals'), 'tools');
  const selectors = fieldOf(fieldOf(context, 'subscriptions'), 'selectors');
  return {
    agent_id: textOf(context, 'agent_id') ?? '',
    description: textOf(context, 'description') ?? '',
    model: textOf(context, 'model') ?? '',
    system_prompt: textOf(context, 'system_prompt') ?? '',
    temperature: numberOf(context, 'temperature')?.toString() ?? '',
    tools: Array.isArray(tools) ? tools.filter((each) => typeof each === 'string') : null,
    capabilities: Object.fromEntries(
      CAPABILITIES.map(({ name, by_default }) => {
        const value = fieldOf(capabilities, name);
        return [name, typeof value === 'boolean' ? value : by_default];
      }),
    ),
    when_busy: WHEN_BUSY.find((each) => each === textOf(context, 'when_busy')) ?? 'queue',
    limits: Object.fromEntries(
      LIMIT_FIELDS.map(({ name }) => [name, numberOf(limits, name)?.toString() ?? '']),
    ),
    approvals: Array.isArray(approved) ? approved.join(' ') : approved === '*' ? '*' : '',
    selectors: JSON.stringify(Array.isArray(selectors) ? selectors : [], null, 2),
  };
}

/** What is wrong with a draft, by the name of a field or a limit. */
export type AgentFaults = Readonly<Record<string, string>>;

/**
 * The definition that a draft makes of one that was there (or of nothing): fields that the form does not know stay as they
 * are, and those that say what holds anyway are left out.
 */
export function agentOfDraft(
  draft: AgentDraft,
  before: unknown,
): { readonly context: Readonly<Record<string, unknown>> } | { readonly faults: AgentFaults } {
  const faults: Record<string, string> = {};
  if (draft.agent_id.trim() === '') faults['agent_id'] = 'It needs a name';
  if (draft.system_prompt.trim() === '') faults['system_prompt'] = 'Say what it is to do';
  const number = (field: string, text: string): number | undefined => {
    if (text.trim() === '') return undefined;
    const value = Number(text);
    if (!Number.isFinite(value) || value < 0) faults[field] = 'This is no number';
    return value;
  };
  let selectors: unknown = [];
  try {
    selectors = JSON.parse(draft.selectors);
    if (!Array.isArray(selectors)) faults['selectors'] = 'A list is needed: [{…}]';
  } catch (error) {
    faults['selectors'] = `This is no JSON: ${error instanceof Error ? error.message : ''}`;
  }
  const known = asObject(before);
  const context = withoutUndefined({
    ...known,
    agent_id: draft.agent_id.trim(),
    description: draft.description.trim() || undefined,
    model: draft.model.trim() || undefined,
    system_prompt: draft.system_prompt,
    temperature: number('temperature', draft.temperature),
    tools: draft.tools === null ? undefined : [...draft.tools],
    capabilities: capabilitiesOf(draft, known['capabilities']),
    when_busy: draft.when_busy === 'queue' ? undefined : draft.when_busy,
    limits: emptyToUndefined({
      ...asObject(known['limits']),
      ...Object.fromEntries(
        LIMIT_FIELDS.map(({ name }) => [name, number(name, draft.limits[name] ?? '')]),
      ),
    }),
    approvals: approvalsOf(draft.approvals, known['approvals']),
    subscriptions: { ...asObject(known['subscriptions']), selectors },
  });
  return Object.keys(faults).length > 0 ? { faults } : { context };
}

function capabilitiesOf(draft: AgentDraft, before: unknown) {
  const said = asObject(before);
  const chosen = CAPABILITIES.filter(
    ({ name, by_default }) => name in said || draft.capabilities[name] !== by_default,
  ).map(({ name }) => [name, draft.capabilities[name]] as const);
  return emptyToUndefined({ ...said, ...Object.fromEntries(chosen) });
}

function approvalsOf(text: string, before: unknown) {
  const names = text.split(/[\s,]+/).filter((each) => each !== '');
  if (names.length === 0) return undefined;
  return { ...asObject(before), tools: names.includes('*') ? '*' : names };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function withoutUndefined(object: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function emptyToUndefined(object: Readonly<Record<string, unknown>>) {
  const kept = withoutUndefined(object);
  return Object.keys(kept).length === 0 ? undefined : kept;
}
