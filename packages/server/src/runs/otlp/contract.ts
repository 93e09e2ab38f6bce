/** A value of an attribute. Integers that JavaScript cannot hold exactly are decimal text, bytes are base64. */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

export type Attributes = ReadonlyMap<string, AttributeValue>;

/** What sent spans: a service, as it describes itself. */
export interface OtlpResource {
  attributes: Attributes;
}

/** The library that made spans. */
export interface OtlpScope {
  name: string;
  version: string;
}

export interface OtlpEvent {
  readonly name: string;
  /** Microseconds since 1970. */
  readonly at_us: number;
  readonly attributes: Attributes;
}

/** A span in one form, whatever encoding it came in. Ids are lower-case hex, times microseconds since 1970. */
export interface OtlpSpan {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id: string | null;
  /** Whether its parent is in another process; null when the sender does not say, or there is none. */
  readonly is_parent_remote: boolean | null;
  readonly name: string;
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly started_us: number;
  /** Not before `started_us`. */
  readonly ended_us: number;
  readonly attributes: Attributes;
  /** How many attributes were left out, here or by the sender. */
  readonly dropped_attributes: number;
  readonly events: readonly OtlpEvent[];
  /** 0 unset, 1 ok, 2 error. */
  readonly status_code: number;
  readonly status_message: string;
  readonly resource: OtlpResource;
  readonly scope: OtlpScope;
}

/** The encoding of a request, in which it is answered too. */
export type OtlpEncoding = 'protobuf' | 'json';

/** A decoded `POST /v1/traces`. */
export interface DecodedTraces {
  readonly encoding: OtlpEncoding;
  readonly spans: readonly OtlpSpan[];
  /** Spans that cannot be used or are too many. */
  readonly rejected_spans: number;
  /** Why they were rejected; empty when none were. */
  readonly error_message: string;
}

/** How much of one request is read. What is more is dropped and counted; only a body that is too large is refused. */
export interface OtlpLimits {
  /** Bytes of the body, unpacked. */
  readonly body_bytes: number;
  readonly spans: number;
  readonly attributes_per_span: number;
  readonly events_per_span: number;
  /** Characters of a text; longer ones are cut. */
  readonly text_chars: number;
  /** Items of a list, and entries of a map, in an attribute. */
  readonly items: number;
  /** Levels of lists and maps in an attribute. */
  readonly depth: number;
  /** Values in all attributes of a request. */
  readonly values: number;
}

export const OTLP_LIMITS: OtlpLimits = {
  body_bytes: 16 * 1_048_576,
  spans: 10_000,
  attributes_per_span: 256,
  events_per_span: 64,
  text_chars: 16_384,
  items: 256,
  depth: 8,
  values: 1_000_000,
};

/** Why a whole request is refused; the codes are those of problem answers, with their statuses. */
export type OtlpErrorCode = 'bad_request' | 'payload_too_large' | 'unsupported_media_type';

/** A request that cannot be read at all. The only error that this folder throws. */
export class OtlpError extends Error {
  override readonly name = 'OtlpError';
  readonly code: OtlpErrorCode;

  /** `message` says what was expected and what came, without anything of the body. */
  constructor(code: OtlpErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
