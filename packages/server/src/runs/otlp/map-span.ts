import { hash } from 'node:crypto';
import { RUN_LIMITS, type StepCreate, type Usage } from '@cairn/protocol';
import { type PrivacyPolicy, scanMetadata, scanText } from '../privacy/index.ts';
import { AGENT_SPAN_NAMES, holdsContent, NAMES, RESOURCE } from './attribute-names.ts';
import { classifySpan, firstText, type SpanClass } from './classify-span.ts';
import { type OtlpSpan } from './contract.ts';
import { readFailure } from './read-failure.ts';
import { isFigure, NO_FIGURES, readFigures } from './read-usage.ts';
import { type StepFacts, writeFacts } from './step-facts.ts';

/** A span as a step of a run. Its metadata are the attributes that have no field of their own, and `otel`, its facts. */
export type MappedStep = Omit<StepCreate, keyof Usage> & Usage;

/** How spans are mapped. */
export interface MapOptions {
  /**
   * What is done with private data. `reject` does the same as `redact` here: who sends spans seldom writes the code that
   * makes them, and a refused span would leave a hole in its run.
   */
  readonly policy: PrivacyPolicy;
}

/** PostgreSQL's `integer`, in which latencies are stored. */
const LATENCY_MAX = 2_147_483_647;
const MODEL_CHARS = 255;
const PROVIDER_CHARS = 100;
const CONVERSATION_CHARS = 250;
/** Room for `otel` is left beside what the attributes take. */
const METADATA_BYTES = RUN_LIMITS.metadata_bytes - 8_192;
const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

/** Maps one span by itself: what depends on other spans is derived later. `redacted` counts what was taken out. */
export function mapSpan(
  span: OtlpSpan,
  options: MapOptions,
): { readonly step: MappedStep; readonly facts: StepFacts; readonly redacted: number } {
  const kind = classifySpan(span);
  const mapper = new SpanMapper(span, options.policy);
  const facts = mapper.facts(kind);
  const figures = kind.is_call ? facts.figures : NO_FIGURES;
  const model = mapper.name(NAMES.model, MODEL_CHARS);
  const provider = mapper.name(NAMES.provider, PROVIDER_CHARS);
  const step: MappedStep = {
    step_id: stepIdOf(span.trace_id, span.span_id),
    seq: 0,
    step_type: kind.step_type,
    name: mapper.stepName(kind),
    latency_ms: Math.min(LATENCY_MAX, Math.round((span.ended_us - span.started_us) / 1000)),
    started_at: timeOf(span.started_us),
    ended_at: timeOf(span.ended_us),
    model,
    provider,
    ...figures,
    metadata: mapper.metadata(facts),
  };
  return { step, facts, redacted: mapper.redacted };
}

class SpanMapper {
  redacted = 0;
  private readonly span: OtlpSpan;
  private readonly policy: PrivacyPolicy;
  /** Attributes that have a field of their own. */
  private readonly used = new Set<string>();

  constructor(span: OtlpSpan, policy: PrivacyPolicy) {
    this.span = span;
    this.policy = policy;
  }

  facts(kind: SpanClass): StepFacts {
    const { span } = this;
    const { figures } = readFigures(span.attributes);
    const of_agent = kind.role === 'agent' ? [...NAMES.agent, ...AGENT_SPAN_NAMES] : NAMES.agent;
    const versions =
      kind.role === 'agent'
        ? [...NAMES.agent_version, 'traceloop.entity.version']
        : NAMES.agent_version;
    return {
      span_id: span.span_id,
      parent_span_id: span.parent_span_id,
      is_parent_remote: span.is_parent_remote,
      role: kind.role,
      failure: readFailure(span, kind.role, this.policy),
      figures,
      agent_id: this.name(of_agent, RUN_LIMITS.agent_id_chars),
      agent_version: this.name(versions, RUN_LIMITS.agent_version_chars),
      service_name: this.resource(RESOURCE.service, RUN_LIMITS.agent_id_chars),
      service_version: this.resource(RESOURCE.version, RUN_LIMITS.agent_version_chars),
      environment: this.resource(RESOURCE.environment, RUN_LIMITS.environment_chars),
      conversation_id: this.name(NAMES.conversation, CONVERSATION_CHARS),
    };
  }

  /** The name of a tool, which its span's name only contains; otherwise the name of the span. */
  stepName(kind: SpanClass): string {
    const tool = kind.role === 'tool' ? this.name(NAMES.tool, RUN_LIMITS.step_name_chars) : null;
    return tool ?? this.clean(this.span.name, RUN_LIMITS.step_name_chars) ?? 'unnamed';
  }

  /** The first of some attributes that is there, within what its column holds. */
  name(names: readonly string[], chars_max: number): string | null {
    const found = firstText(this.span.attributes, names);
    if (!found) return null;
    this.used.add(found.name);
    return this.clean(found.text, chars_max);
  }

  private resource(names: readonly string[], chars_max: number): string | null {
    const found = firstText(this.span.resource.attributes, names);
    return found ? this.clean(found.text, chars_max) : null;
  }

  private clean(text: string, chars_max: number): string | null {
    // Whole: half of a secret would not be known for one.
    const { clean, found } = scanText(text.trim(), 'message', this.policy);
    this.redacted += found;
    return clean === '' ? null : clean.slice(0, chars_max).toWellFormed();
  }

  metadata(facts: StepFacts): Readonly<Record<string, unknown>> {
    const { span } = this;
    const kept: [string, unknown][] = [];
    this.keep(span.attributes, '', kept);
    // What a service says of itself is kept once, where it begins.
    if (facts.parent_span_id === null || facts.is_parent_remote === true)
      this.keep(span.resource.attributes, 'resource.', kept);
    const { clean, found } = scanMetadata(Object.fromEntries(kept), 'step', this.policy);
    this.redacted += found;
    const { fitting, dropped } = fit(clean);
    const otel = writeFacts(facts);
    if (span.kind > 1) otel['kind'] = KINDS[span.kind] ?? span.kind;
    if (span.scope.name !== '') otel['scope'] = this.clean(span.scope.name, MODEL_CHARS);
    const events = this.events();
    if (events.length > 0) otel['events'] = events;
    const left_out = span.dropped_attributes + dropped;
    if (left_out > 0) otel['dropped_attributes'] = left_out;
    if (this.redacted > 0) otel['redacted'] = this.redacted;
    return { ...fitting, otel };
  }

  private keep(
    attributes: OtlpSpan['attributes'],
    prefix: string,
    kept: [string, unknown][],
  ): void {
    for (const [name, value] of attributes) {
      if (prefix === '' && (this.used.has(name) || isFigure(name))) continue;
      if (this.policy !== 'allow' && holdsContent(name)) this.redacted++;
      else kept.push([prefix === '' && name === 'otel' ? 'otel.' : prefix + name, value]);
    }
  }

  /** Names and times of what happened within the span; what was attached to it, only where content may be kept. */
  private events(): unknown[] {
    return this.span.events
      .filter(({ name }) => name !== 'exception')
      .map(({ name, at_us, attributes }) => {
        const event = { name: this.clean(name, RUN_LIMITS.step_name_chars), at: timeOf(at_us) };
        if (this.policy !== 'allow') return event;
        const { clean, found } = scanMetadata(Object.fromEntries(attributes), 'step', this.policy);
        this.redacted += found;
        return { ...event, attributes: fit(clean, 2_048).fitting };
      })
      .slice(0, 32);
  }
}

/** As much of metadata as may be stored, in their order. */
function fit(
  metadata: Readonly<Record<string, unknown>>,
  bytes_max = METADATA_BYTES,
): { readonly fitting: Readonly<Record<string, unknown>>; readonly dropped: number } {
  const text = JSON.stringify(metadata);
  // A character has three bytes in UTF-8 at most, and a pair of them four.
  if (text.length * 3 <= bytes_max || Buffer.byteLength(text) <= bytes_max)
    return { fitting: metadata, dropped: 0 };
  let room = bytes_max - 2;
  const entries = Object.entries(metadata);
  const fitting = entries.filter(([name, value]) => {
    const size = Buffer.byteLength(JSON.stringify({ [name]: value }));
    if (size > room) return false;
    room -= size;
    return true;
  });
  return { fitting: Object.fromEntries(fitting), dropped: entries.length - fitting.length };
}

/** The id of the run that a trace is: its 16 bytes, written as a UUID. */
export function runIdOf(trace_id: string): string {
  return asUuid(trace_id);
}

/**
 * The id of the step that a span is: a UUID of version 8 from the SHA-256 of both ids, since span ids are unique within
 * their trace only.
 */
export function stepIdOf(trace_id: string, span_id: string): string {
  const digest = hash('sha256', trace_id + span_id, 'hex');
  const variant = '89ab'[Number.parseInt(digest[16] ?? '0', 16) % 4];
  return asUuid(`${digest.slice(0, 12)}8${digest.slice(13, 16)}${variant}${digest.slice(17, 32)}`);
}

function asUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** RFC 3339 in UTC with six digits of the second's fraction; nothing is later than the year 2255. */
export function timeOf(micros: number): string {
  const bounded = Math.min(micros, Number.MAX_SAFE_INTEGER);
  const millis = Math.floor(bounded / 1000);
  const rest = String(bounded - millis * 1000).padStart(3, '0');
  return `${new Date(millis).toISOString().slice(0, -1)}${rest}Z`;
}
