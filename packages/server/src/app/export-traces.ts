import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ROOT_CONTEXT,
  SpanKind as Kind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span as ApiSpan,
  type SpanContext,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Span, SpanKind, Tracing } from '../base/index.ts';

export interface TraceExport {
  /** Where OTLP over HTTP is taken, with its path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly service: { readonly name: string; readonly version: string; readonly instance: string };
  /** The share of traces that is kept, from 0 to 1. What a caller decided for its own trace counts more. */
  readonly ratio: number;
}

const KINDS: Readonly<Record<SpanKind, Kind>> = {
  internal: Kind.INTERNAL,
  server: Kind.SERVER,
  client: Kind.CLIENT,
  consumer: Kind.CONSUMER,
};
const EXPORT_MS = 5_000;
const ATTRIBUTE_CHARS = 500;

/**
 * Sends spans by OTLP, in batches and off the path of what they measure: a collector that is slow or away costs spans and
 * nothing else. Import it only when an address is configured; its libraries are of no use without.
 */
export function exportTraces({ url, headers, service, ratio }: TraceExport): Tracing {
  const exporter = new OTLPTraceExporter({
    url,
    headers: { ...headers },
    timeoutMillis: EXPORT_MS,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service.name,
      'service.version': service.version,
      'service.instance.id': service.instance,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanLimits: { attributeValueLengthLimit: ATTRIBUTE_CHARS },
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_MS })],
  });
  const tracer = provider.getTracer('cairn', service.version);
  const current = new AsyncLocalStorage<OpenSpan>();
  let closing: Promise<void> | null = null;
  return {
    start(name, { kind = 'internal', attributes = {}, traceparent } = {}) {
      const remote = readTraceparent(traceparent);
      const parent = remote
        ? trace.setSpanContext(ROOT_CONTEXT, remote)
        : (current.getStore()?.context ?? ROOT_CONTEXT);
      const span = tracer.startSpan(name, { kind: KINDS[kind], attributes }, parent);
      return new OpenSpan(span, current);
    },
    current: () => current.getStore() ?? null,
    close: () => (closing ??= provider.shutdown().catch(() => {})),
  };
}

class OpenSpan implements Span {
  readonly context: Context;
  readonly trace_id: string;
  readonly traceparent: string;
  readonly #span: ApiSpan;
  readonly #current: AsyncLocalStorage<OpenSpan>;

  constructor(span: ApiSpan, current: AsyncLocalStorage<OpenSpan>) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.#span = span;
    this.#current = current;
    this.context = trace.setSpan(ROOT_CONTEXT, span);
    this.trace_id = traceId;
    this.traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  run<T>(work: () => T): T {
    return this.#current.run(this, work);
  }

  rename(name: string): void {
    this.#span.updateName(name);
  }

  set(attributes: Parameters<Span['set']>[0]): void {
    this.#span.setAttributes(attributes);
  }

  fail(error_type: string): void {
    this.#span.setAttribute('error.type', error_type);
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(): void {
    if (this.#span.isRecording()) this.#span.end();
  }
}

/** What the header says, when it is one of the version that we know. */
function readTraceparent(header: string | undefined): SpanContext | null {
  const parts = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header ?? '');
  const [, traceId = '', spanId = '', flags = '00'] = parts ?? [];
  if (!parts || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
  };
}
