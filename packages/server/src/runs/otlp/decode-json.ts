import { type AttributeValue, OtlpError, type OtlpEvent, type OtlpScope } from './contract.ts';
import { emptySpan, type Intake, type RawSpan } from './intake.ts';

type Fields = Readonly<Record<string, unknown>>;

const SPAN_KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUS_CODES = ['UNSET', 'OK', 'ERROR'];

/**
 * Reads an `ExportTraceServiceRequest` in the JSON of OTLP: ids in hex, names in lowerCamelCase or as in the proto file,
 * 64-bit numbers as text or numbers, enums as numbers or names.
 */
export function decodeJson(body: Buffer, intake: Intake): void {
  const request = parse(body);
  const decoder = new Decoder(intake);
  for (const each of list(request, 'resourceSpans', 'resource_spans')) decoder.resourceSpans(each);
}

function parse(body: Buffer): Fields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw new OtlpError('bad_request', 'The body must be JSON, but it cannot be parsed.');
  }
  if (!isFields(parsed)) {
    throw new OtlpError('bad_request', 'The body must be a JSON object with `resourceSpans`.');
  }
  return parsed;
}

class Decoder {
  private readonly intake: Intake;

  constructor(intake: Intake) {
    this.intake = intake;
  }

  resourceSpans(fields: Fields): void {
    const described = fields['resource'];
    const attributes = new Map<string, AttributeValue>();
    if (isFields(described)) this.attributes(described, attributes);
    const resource = { attributes };
    for (const each of list(fields, 'scopeSpans', 'scope_spans')) {
      const scope = this.scope(each['scope']);
      for (const span of list(each, 'spans', 'spans')) {
        if (this.intake.hasRoom()) this.intake.add(this.span(span), resource, scope);
      }
    }
  }

  private scope(scope: unknown): OtlpScope {
    return isFields(scope)
      ? { name: this.text(scope['name']), version: this.text(scope['version']) }
      : { name: '', version: '' };
  }

  private span(fields: Fields): RawSpan {
    const span = emptySpan();
    span.trace_id = hexId(pick(fields, 'traceId', 'trace_id'), 16);
    span.span_id = hexId(pick(fields, 'spanId', 'span_id'), 8);
    span.parent_span_id = hexId(pick(fields, 'parentSpanId', 'parent_span_id'), 8);
    span.flags = number(fields['flags']);
    span.name = this.text(fields['name']);
    span.kind = named(fields['kind'], SPAN_KINDS);
    span.started_us = micros(pick(fields, 'startTimeUnixNano', 'start_time_unix_nano'));
    span.ended_us = micros(pick(fields, 'endTimeUnixNano', 'end_time_unix_nano'));
    span.dropped_attributes =
      number(pick(fields, 'droppedAttributesCount', 'dropped_attributes_count')) +
      this.attributes(fields, span.attributes);
    for (const event of list(fields, 'events', 'events')) {
      if (span.events.length >= this.intake.limits.events_per_span) break;
      span.events.push(this.event(event));
    }
    const status = fields['status'];
    if (isFields(status)) {
      span.status_code = named(status['code'], STATUS_CODES);
      span.status_message = this.text(status['message']);
    }
    return span;
  }

  private event(fields: Fields): OtlpEvent {
    const attributes = new Map<string, AttributeValue>();
    this.attributes(fields, attributes);
    return {
      name: this.text(fields['name']),
      at_us: micros(pick(fields, 'timeUnixNano', 'time_unix_nano')),
      attributes,
    };
  }

  /** Reads the attributes of a message and gives the number of those that were left out. */
  private attributes(fields: Fields, attributes: Map<string, AttributeValue>): number {
    let dropped = 0;
    for (const each of list(fields, 'attributes', 'attributes')) {
      const key = this.text(each['key']);
      const room = attributes.size < this.intake.limits.attributes_per_span;
      if (key !== '' && room && this.intake.takeValue())
        attributes.set(key, this.anyValue(each['value'], 0));
      else dropped++;
    }
    return dropped;
  }

  private anyValue(value: unknown, depth: number): AttributeValue {
    if (!isFields(value) || depth > this.intake.limits.depth) return null;
    const text = pick(value, 'stringValue', 'string_value');
    if (typeof text === 'string') return this.intake.text(text);
    const flag = pick(value, 'boolValue', 'bool_value');
    if (typeof flag === 'boolean') return flag;
    const int = pick(value, 'intValue', 'int_value');
    if (int !== undefined) return integer(int);
    const double = pick(value, 'doubleValue', 'double_value');
    if (double !== undefined) return this.double(double);
    const array = pick(value, 'arrayValue', 'array_value');
    if (isFields(array)) return this.list(array, depth);
    const map = pick(value, 'kvlistValue', 'kvlist_value');
    if (isFields(map)) return this.map(map, depth);
    const bytes = pick(value, 'bytesValue', 'bytes_value');
    return typeof bytes === 'string' ? this.intake.text(bytes) : null;
  }

  private double(value: unknown): AttributeValue {
    if (typeof value === 'number') return value;
    if (typeof value !== 'string') return null;
    const parsed = Number(value);
    return value.trim() !== '' && Number.isFinite(parsed) ? parsed : this.intake.text(value);
  }

  private list(array: Fields, depth: number): AttributeValue[] {
    const items: AttributeValue[] = [];
    for (const each of list(array, 'values', 'values')) {
      if (items.length >= this.intake.limits.items || !this.intake.takeValue()) break;
      items.push(this.anyValue(each, depth + 1));
    }
    return items;
  }

  private map(map: Fields, depth: number): AttributeValue {
    const entries: [string, AttributeValue][] = [];
    for (const each of list(map, 'values', 'values')) {
      if (entries.length >= this.intake.limits.items || !this.intake.takeValue()) break;
      entries.push([this.text(each['key']), this.anyValue(each['value'], depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  private text(value: unknown): string {
    return typeof value === 'string' ? this.intake.text(value) : '';
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pick(fields: Fields, camel: string, original: string): unknown {
  return fields[camel] ?? fields[original] ?? undefined;
}

/** The objects of a repeated field; nothing when it is absent or null. */
function list(fields: Fields, camel: string, original: string): readonly Fields[] {
  const value = pick(fields, camel, original);
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every(isFields)) return value;
  throw new OtlpError('bad_request', `\`${camel}\` must be a list of objects.`);
}

/** Hex, as OTLP says; also base64, in which general protobuf libraries write bytes. */
function hexId(value: unknown, bytes: number): string {
  if (typeof value !== 'string') return '';
  if (value.length === bytes * 2) return value.toLowerCase();
  const is_base64 = value.length === Math.ceil(bytes / 3) * 4 && value.endsWith('=');
  return is_base64 ? Buffer.from(value, 'base64').toString('hex') : '';
}

function integer(value: unknown): AttributeValue {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || !/^-?\d{1,20}$/.test(value)) return null;
  const parsed = Number(value);
  return Number.isSafeInteger(parsed) ? parsed : value;
}

function number(value: unknown): number {
  // An object could bring a conversion of its own, or one that fails.
  if (typeof value !== 'number' && typeof value !== 'string') return 0;
  const parsed = Number(value);
  return Number.isSafeInteger(parsed) && parsed > 0 ? parsed : 0;
}

/** Nanoseconds since 1970, as text or a number, in whole microseconds; 0 when they are none. */
function micros(value: unknown): number {
  if (typeof value === 'number') return value > 0 ? Math.floor(value / 1000) : 0;
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) return 0;
  return Number(value.slice(0, -3));
}

function named(value: unknown, names: readonly string[]): number {
  if (typeof value !== 'string') return number(value);
  const place = names.indexOf(value.slice(value.lastIndexOf('_') + 1).toUpperCase());
  return place === -1 ? number(value) : place;
}
