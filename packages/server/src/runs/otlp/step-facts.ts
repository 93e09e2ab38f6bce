import { FAILURE_TYPES } from '@cairn/protocol';
import { type SpanRole } from './classify-span.ts';
import { type SpanFailure } from './read-failure.ts';
import { FIGURE_NAMES, type Figures, NO_FIGURES } from './read-usage.ts';

/**
 * What a step keeps of its span so that its run can be derived again when more spans of the trace arrive: it is stored in
 * the step's metadata under `otel`, flat and without anything private. What is not known is left out.
 */
export interface StepFacts {
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly is_parent_remote: boolean | null;
  readonly role: SpanRole;
  readonly failure: SpanFailure | null;
  /** What the span reports of itself, whether or not it counts. */
  readonly figures: Figures;
  readonly agent_id: string | null;
  readonly agent_version: string | null;
  readonly service_name: string | null;
  readonly service_version: string | null;
  readonly environment: string | null;
  readonly conversation_id: string | null;
}

const ROLES: readonly SpanRole[] = ['agent', 'model', 'tool', 'retrieve', 'other'];
const TEXTS = [
  'agent_id',
  'agent_version',
  'service_name',
  'service_version',
  'environment',
  'conversation_id',
] as const;

/** The form in which facts are stored. */
export function writeFacts(facts: StepFacts): Record<string, unknown> {
  const written: Record<string, unknown> = { span_id: facts.span_id, role: facts.role };
  if (facts.parent_span_id !== null) written['parent_span_id'] = facts.parent_span_id;
  if (facts.is_parent_remote !== null) written['is_parent_remote'] = facts.is_parent_remote;
  if (facts.failure) {
    written['failure_type'] = facts.failure.failure_type;
    written['failure_code'] = facts.failure.failure_code;
    written['failure_reason'] = facts.failure.message;
  }
  for (const name of FIGURE_NAMES)
    if (facts.figures[name] !== null) written[name] = facts.figures[name];
  for (const name of TEXTS) if (facts[name] !== null) written[name] = facts[name];
  return written;
}

/** Facts as they were stored; null for a step that came by another way. */
export function readFacts(metadata: Readonly<Record<string, unknown>>): StepFacts | null {
  const stored = metadata['otel'];
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) return null;
  const fields = new Map(Object.entries(stored));
  const text = (name: string): string | null => {
    const value: unknown = fields.get(name);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const span_id = text('span_id');
  if (span_id === null) return null;
  const figures = { ...NO_FIGURES };
  for (const name of FIGURE_NAMES) {
    const value: unknown = fields.get(name);
    if (typeof value === 'number' && value >= 0) figures[name] = value;
  }
  const is_parent_remote: unknown = fields.get('is_parent_remote');
  const failure_type = FAILURE_TYPES.find((type) => type === fields.get('failure_type'));
  const failure_code = text('failure_code') ?? 'error';
  return {
    span_id,
    parent_span_id: text('parent_span_id'),
    is_parent_remote: typeof is_parent_remote === 'boolean' ? is_parent_remote : null,
    role: ROLES.find((role) => role === fields.get('role')) ?? 'other',
    failure: failure_type
      ? { failure_type, failure_code, message: text('failure_reason') ?? failure_code }
      : null,
    figures,
    agent_id: text('agent_id'),
    agent_version: text('agent_version'),
    service_name: text('service_name'),
    service_version: text('service_version'),
    environment: text('environment'),
    conversation_id: text('conversation_id'),
  };
}
