/** What a span may say besides its name. Never content, addresses with secrets, or texts of callers. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export type SpanKind = 'internal' | 'server' | 'client' | 'consumer';

export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: SpanAttributes;
  /** A W3C `traceparent` that came from outside; without one the span goes below the current one. */
  readonly traceparent?: string | undefined;
}

/** Something that takes time, as part of a trace. */
export interface Span {
  /** 32 hex digits. */
  readonly trace_id: string;
  /** The span as the W3C header of that name. */
  readonly traceparent: string;
  /** Runs `work` with this span as the current one, also in all that it sets off. */
  run<T>(work: () => T): T;
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  /** Says that it failed. `error_type` is a class of errors, never a message. */
  fail(error_type: string): void;
  /** Safe to call twice. */
  end(): void;
}

/** Traces of what this process does. */
export interface Tracing {
  /** Begins a span that its caller ends. */
  start(name: string, options?: SpanOptions): Span;
  /** The span that runs now; null outside of one. */
  current(): Span | null;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Does `work` in a span, which fails when that rejects. */
export async function inSpan<T>(
  tracing: Tracing,
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = tracing.start(name, options);
  try {
    return await span.run(() => work(span));
  } catch (error) {
    span.fail(error instanceof Error ? error.name : typeof error);
    throw error;
  } finally {
    span.end();
  }
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;

/** The trace id of a W3C `traceparent`, or null when it is none. */
export function traceIdOf(traceparent: string | undefined): string | null {
  const id = TRACEPARENT.exec(traceparent ?? '')?.[1] ?? null;
  return id === '0'.repeat(32) ? null : id;
}
