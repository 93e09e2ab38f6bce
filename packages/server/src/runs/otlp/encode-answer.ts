import { type OtlpEncoding } from './contract.ts';

/** An answer ready to be sent. */
export interface OtlpAnswer {
  readonly content_type: string;
  readonly body: Buffer;
}

/**
 * The answer 200 to a `POST /v1/traces`, in the encoding of the request. When spans were rejected, or there is something
 * to say though none were, it holds `partialSuccess`; senders must not send the same again.
 */
export function encodeTracesAnswer(
  encoding: OtlpEncoding,
  rejected_spans = 0,
  error_message = '',
): OtlpAnswer {
  const partial = rejected_spans > 0 || error_message !== '';
  if (encoding === 'json') {
    // 64-bit numbers are text in the JSON of protobuf.
    return inJson(
      partial
        ? { partialSuccess: { rejectedSpans: String(rejected_spans), errorMessage: error_message } }
        : {},
    );
  }
  if (!partial) return inProtobuf(Buffer.alloc(0));
  const message = Buffer.concat([number(1, rejected_spans), bytes(2, Buffer.from(error_message))]);
  return inProtobuf(bytes(1, message));
}

/** The body of a refusal (4xx, 5xx): a `google.rpc.Status`, as OTLP asks, with a code of gRPC. */
export function encodeTracesError(
  encoding: OtlpEncoding,
  code: number,
  message: string,
): OtlpAnswer {
  if (encoding === 'json') return inJson({ code, message });
  return inProtobuf(Buffer.concat([number(1, code), bytes(2, Buffer.from(message))]));
}

function inJson(value: object): OtlpAnswer {
  return { content_type: 'application/json', body: Buffer.from(JSON.stringify(value)) };
}

function inProtobuf(body: Buffer): OtlpAnswer {
  return { content_type: 'application/x-protobuf', body };
}

/** A field with a whole number; the default 0 is not written. */
function number(field: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.from([field * 8, ...varint(value)]);
}

/** A field with bytes, text or a message. */
function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([field * 8 + 2, ...varint(value.length)]), value]);
}

function varint(value: number): number[] {
  const written: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    written.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...written, rest];
}
