import { type DecodedTraces, OTLP_LIMITS, OtlpError, type OtlpLimits } from './contract.ts';
import { decodeJson } from './decode-json.ts';
import { decodeProtobuf } from './decode-protobuf.ts';
import { Intake } from './intake.ts';

/**
 * Decodes the unpacked body of a `POST /v1/traces`. Spans that cannot be used are counted and left out. Throws only
 * `OtlpError`: for another media type, a body that is too large, and one that cannot be read at all. What it builds is
 * bounded by the limits, whatever lengths and depths the body claims.
 */
export function decodeTraces(
  body: Buffer,
  content_type: string | undefined,
  limits: OtlpLimits = OTLP_LIMITS,
): DecodedTraces {
  const encoding = encodingOf(content_type);
  if (body.length > limits.body_bytes) {
    throw new OtlpError(
      'payload_too_large',
      `The body must have at most ${limits.body_bytes} bytes, but has ${body.length}: send fewer spans at a time.`,
    );
  }
  const intake = new Intake(limits);
  if (encoding === 'json') decodeJson(body, intake);
  else decodeProtobuf(body, intake);
  return {
    encoding,
    spans: intake.spans,
    rejected_spans: intake.rejected,
    error_message: intake.describe(),
  };
}

/** The encoding that a `Content-Type` names. Throws an `OtlpError` for every other. */
function encodingOf(content_type: string | undefined): DecodedTraces['encoding'] {
  const type = (content_type ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json') return 'json';
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf';
  throw new OtlpError(
    'unsupported_media_type',
    'Traces must be application/x-protobuf or application/json.',
  );
}
