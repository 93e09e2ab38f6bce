import {
  type Attributes,
  type AttributeValue,
  type OtlpEvent,
  type OtlpResource,
  type OtlpScope,
} from './contract.ts';
import { emptySpan, type Intake, type RawSpan } from './intake.ts';
import { WIRE, WireReader } from './wire-reader.ts';

const NONE: Attributes = new Map();

/**
 * Reads an `ExportTraceServiceRequest`. The numbers are the fields of opentelemetry.proto; unknown ones are passed over.
 * Written by hand because a general decoder would build every object of a hostile body before a limit could be looked at.
 */
export function decodeProtobuf(body: Buffer, intake: Intake): void {
  new Decoder(body, intake).request();
}

class Decoder {
  private readonly reader: WireReader;
  private readonly intake: Intake;

  constructor(body: Buffer, intake: Intake) {
    this.reader = new WireReader(body);
    this.intake = intake;
  }

  request(): void {
    const { reader } = this;
    while (reader.next()) {
      if (reader.is(1, WIRE.bytes)) reader.message(() => this.resourceSpans());
      else reader.skip();
    }
  }

  private resourceSpans(): void {
    const { reader } = this;
    // Fields can come in any order: spans refer to it, and it is filled when it comes.
    const resource: OtlpResource = { attributes: NONE };
    while (reader.next()) {
      if (reader.is(1, WIRE.bytes)) {
        reader.message(() => (resource.attributes = this.attributesOf(1).attributes));
      } else if (reader.is(2, WIRE.bytes)) reader.message(() => this.scopeSpans(resource));
      else reader.skip();
    }
  }

  private scopeSpans(resource: OtlpResource): void {
    const { reader } = this;
    const scope: OtlpScope = { name: '', version: '' };
    while (reader.next()) {
      if (reader.is(1, WIRE.bytes)) reader.message(() => this.scope(scope));
      else if (reader.is(2, WIRE.bytes) && this.intake.hasRoom()) {
        reader.message(() => this.intake.add(this.span(), resource, scope));
      } else reader.skip();
    }
  }

  private scope(scope: OtlpScope): void {
    const { reader } = this;
    while (reader.next()) {
      if (reader.is(1, WIRE.bytes)) scope.name = this.text();
      else if (reader.is(2, WIRE.bytes)) scope.version = this.text();
      else reader.skip();
    }
  }

  private span(): RawSpan {
    const { reader } = this;
    const span = emptySpan();
    while (reader.next()) if (!this.spanField(span)) reader.skip();
    return span;
  }

  private spanField(span: RawSpan): boolean {
    const { reader } = this;
    if (reader.wire === WIRE.bytes) return this.spanBytes(span);
    if (reader.is(6, WIRE.varint)) span.kind = reader.varint();
    else if (reader.is(7, WIRE.fixed64)) span.started_us = reader.nanosAsMicros();
    else if (reader.is(8, WIRE.fixed64)) span.ended_us = reader.nanosAsMicros();
    else if (reader.is(10, WIRE.varint)) span.dropped_attributes += reader.varint();
    else if (reader.is(16, WIRE.fixed32)) span.flags = reader.fixed32();
    else return false;
    return true;
  }

  private spanBytes(span: RawSpan): boolean {
    const { reader } = this;
    // One byte more than an id has, so that a longer one is not taken for a right one.
    if (reader.field === 1) span.trace_id = reader.encoded('hex', 17);
    else if (reader.field === 2) span.span_id = reader.encoded('hex', 9);
    else if (reader.field === 4) span.parent_span_id = reader.encoded('hex', 9);
    else if (reader.field === 5) span.name = this.text();
    else if (reader.field === 9) {
      if (!this.attribute(span.attributes)) span.dropped_attributes++;
    } else if (reader.field === 11) {
      if (span.events.length >= this.intake.limits.events_per_span) return false;
      reader.message(() => span.events.push(this.event()));
    } else if (reader.field === 15) reader.message(() => this.status(span));
    else return false;
    return true;
  }

  private event(): OtlpEvent {
    const { reader } = this;
    let name = '';
    let at_us = 0;
    const attributes = new Map<string, AttributeValue>();
    while (reader.next()) {
      if (reader.is(1, WIRE.fixed64)) at_us = reader.nanosAsMicros();
      else if (reader.is(2, WIRE.bytes)) name = this.text();
      else if (reader.is(3, WIRE.bytes)) this.attribute(attributes);
      else reader.skip();
    }
    return { name, at_us, attributes };
  }

  private status(span: RawSpan): void {
    const { reader } = this;
    while (reader.next()) {
      if (reader.is(2, WIRE.bytes)) span.status_message = this.text();
      else if (reader.is(3, WIRE.varint)) span.status_code = reader.varint();
      else reader.skip();
    }
  }

  /** The attributes of a message that has little else: those of its field `field`. */
  private attributesOf(field: number): { attributes: Attributes } {
    const { reader } = this;
    const attributes = new Map<string, AttributeValue>();
    while (reader.next()) {
      if (reader.is(field, WIRE.bytes)) this.attribute(attributes);
      else reader.skip();
    }
    return { attributes };
  }

  /** Reads a `KeyValue` into `attributes`; false when there is no room for it. */
  private attribute(attributes: Map<string, AttributeValue>): boolean {
    const { reader, intake } = this;
    if (attributes.size >= intake.limits.attributes_per_span || !intake.takeValue()) {
      reader.skip();
      return false;
    }
    let key = '';
    let value: AttributeValue = null;
    reader.message(() => {
      while (reader.next()) {
        if (reader.is(1, WIRE.bytes)) key = this.text();
        else if (reader.is(2, WIRE.bytes)) value = this.anyValue(0);
        else reader.skip();
      }
    });
    if (key !== '') attributes.set(key, value);
    return key !== '';
  }

  private anyValue(depth: number): AttributeValue {
    const { reader } = this;
    let value: AttributeValue = null;
    if (depth > this.intake.limits.depth) {
      reader.skip();
      return value;
    }
    reader.message(() => {
      while (reader.next()) {
        if (reader.is(1, WIRE.bytes)) value = this.text();
        else if (reader.is(2, WIRE.varint)) value = reader.varint() !== 0;
        else if (reader.is(3, WIRE.varint)) value = reader.int64();
        else if (reader.is(4, WIRE.fixed64)) value = finite(reader.double());
        else if (reader.is(5, WIRE.bytes)) value = this.list(depth);
        else if (reader.is(6, WIRE.bytes)) value = this.map(depth);
        else if (reader.is(7, WIRE.bytes)) {
          value = reader.encoded('base64', Math.floor(this.intake.limits.text_chars / 4) * 3);
        } else reader.skip();
      }
    });
    return value;
  }

  private list(depth: number): AttributeValue[] {
    const { reader, intake } = this;
    const list: AttributeValue[] = [];
    reader.message(() => {
      while (reader.next()) {
        const room = list.length < intake.limits.items && reader.is(1, WIRE.bytes);
        if (room && intake.takeValue()) list.push(this.anyValue(depth + 1));
        else reader.skip();
      }
    });
    return list;
  }

  private map(depth: number): AttributeValue {
    const { reader, intake } = this;
    const entries: [string, AttributeValue][] = [];
    reader.message(() => {
      while (reader.next()) {
        const room = entries.length < intake.limits.items && reader.is(1, WIRE.bytes);
        if (room && intake.takeValue()) {
          reader.message(() => {
            let key = '';
            let value: AttributeValue = null;
            while (reader.next()) {
              if (reader.is(1, WIRE.bytes)) key = this.text();
              else if (reader.is(2, WIRE.bytes)) value = this.anyValue(depth + 1);
              else reader.skip();
            }
            entries.push([key, value]);
          });
        } else reader.skip();
      }
    });
    return Object.fromEntries(entries);
  }

  private text(): string {
    return this.intake.text(this.reader.text(this.intake.limits.text_chars));
  }
}

/** JSON has no infinite numbers and no NaN. */
function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
