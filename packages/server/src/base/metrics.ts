import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds, from a cache hit to a slow query. */
const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** Seconds, for what waits on somebody else: a receiver, a tool, a model. */
const SLOW_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 300];

type Labels<Name extends string> = Readonly<Record<Name, string>>;

/** Times of one kind, given in milliseconds. */
export interface Durations<Name extends string> {
  observe(labels: Labels<Name>, ms: number): void;
}

/** Numbers about this process, for Prometheus to collect. Labels have few values: never an id, a path or a text of a caller. */
export class Metrics {
  readonly #registry = new Registry();

  /** Memory, CPU and event loop of the process too. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  counter<Name extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Name[] = [],
  ) {
    const counter = new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
    });
    return { add: (labels: Labels<Name>, by = 1) => counter.inc(labels, by) };
  }

  /** Durations, given in milliseconds and collected in seconds. `slow` ones take up to minutes. */
  duration<Name extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Name[] = [],
    pace: 'quick' | 'slow' = 'quick',
  ): Durations<Name> {
    const histogram = new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      buckets: pace === 'slow' ? SLOW_BUCKETS_S : BUCKETS_S,
      registers: [this.#registry],
    });
    return { observe: (labels: Labels<Name>, ms: number) => histogram.observe(labels, ms / 1_000) };
  }

  /** A value that is read when somebody collects: one for each set of labels. When the read fails it is not a number. */
  gauge<Name extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Name[],
    read: () => Promise<readonly { labels: Labels<Name>; value: number }[]>,
  ): void {
    const gauge: Gauge<Name> = new Gauge<Name>({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      async collect() {
        gauge.reset();
        const values = await read().catch(() => null);
        // Zero would be a lie.
        if (values === null && labelNames.length === 0) gauge.set(Number.NaN);
        for (const { labels, value } of values ?? []) gauge.set(labels, value);
      },
    });
  }

  /** Everything in Prometheus' text form, and its content type. */
  async collect(): Promise<{ text: string; content_type: string }> {
    return { text: await this.#registry.metrics(), content_type: this.#registry.contentType };
  }
}
