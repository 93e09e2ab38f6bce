import { type AttributeValue, type OtlpLimits, type OtlpSpan } from './contract.ts';

const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
const ZEROS = /^0+$/;
/** The last microsecond that a number holds exactly, in the year 2255. */
const LAST_US = Number.MAX_SAFE_INTEGER;

/** A span as a decoder read it, before anybody has looked whether it can be used. */
export interface RawSpan {
  trace_id: string;
  span_id: string;
  parent_span_id: string;
  flags: number;
  name: string;
  kind: number;
  started_us: number;
  ended_us: number;
  attributes: Map<string, AttributeValue>;
  dropped_attributes: number;
  events: OtlpSpan['events'][number][];
  status_code: number;
  status_message: string;
}

const FLAG_HAS_IS_REMOTE = 0x100;
const FLAG_IS_REMOTE = 0x200;

/** Takes in what the decoders read, within the limits of a request, and counts what it rejects. */
export class Intake {
  readonly limits: OtlpLimits;
  readonly spans: OtlpSpan[] = [];
  rejected = 0;
  private values = 0;
  private readonly reasons = new Map<string, number>();

  constructor(limits: OtlpLimits) {
    this.limits = limits;
  }

  /** Whether there is room for another span; when not, it is rejected without being read. */
  hasRoom(): boolean {
    if (this.spans.length < this.limits.spans) return true;
    this.reject(`there were more than ${this.limits.spans} in one request`);
    return false;
  }

  /** Whether another value may be kept. */
  takeValue(): boolean {
    return ++this.values <= this.limits.values;
  }

  /** A text within its limit that PostgreSQL can store: without NUL and halves of surrogate pairs. */
  text(text: string): string {
    const cut = text.length > this.limits.text_chars ? text.slice(0, this.limits.text_chars) : text;
    const whole = cut.isWellFormed() ? cut : cut.toWellFormed();
    return whole.includes('\0') ? whole.replaceAll('\0', '') : whole;
  }

  add(raw: RawSpan, resource: OtlpSpan['resource'], scope: OtlpSpan['scope']): void {
    if (!TRACE_ID.test(raw.trace_id) || ZEROS.test(raw.trace_id))
      return this.reject('the trace id is not 16 bytes, or zero');
    if (!SPAN_ID.test(raw.span_id) || ZEROS.test(raw.span_id))
      return this.reject('the span id is not 8 bytes, or zero');
    if (!(raw.started_us > 0 && raw.started_us <= LAST_US))
      return this.reject('the start time is missing or out of range');
    const { parent_span_id, flags, ended_us, ...rest } = raw;
    const has_parent = SPAN_ID.test(parent_span_id) && !ZEROS.test(parent_span_id);
    this.spans.push({
      ...rest,
      parent_span_id: has_parent ? parent_span_id : null,
      is_parent_remote:
        has_parent && (flags & FLAG_HAS_IS_REMOTE) !== 0 ? (flags & FLAG_IS_REMOTE) !== 0 : null,
      ended_us: ended_us >= raw.started_us && ended_us <= LAST_US ? ended_us : raw.started_us,
      resource,
      scope,
    });
  }

  /** Counts a span that is not used. */
  reject(reason: string): void {
    this.rejected++;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  /** Why spans were rejected, with their numbers. */
  describe(): string {
    return [...this.reasons].map(([reason, count]) => `${count} rejected: ${reason}`).join('; ');
  }
}

/** A span with nothing in it. */
export function emptySpan(): RawSpan {
  return {
    trace_id: '',
    span_id: '',
    parent_span_id: '',
    flags: 0,
    name: '',
    kind: 0,
    started_us: 0,
    ended_us: 0,
    attributes: new Map(),
    dropped_attributes: 0,
    events: [],
    status_code: 0,
    status_message: '',
  };
}
