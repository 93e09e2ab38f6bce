import { describe, expect, it } from 'vitest';
import { parseMetrics } from './parse-metrics.ts';
import { estimateQuantile, readFigures, type Reading } from './read-figures.ts';

const reading = (at: number, ...lines: string[]): Reading => ({
  at,
  samples: parseMetrics(lines.join('\n')),
});

describe('readFigures', () => {
  it('counts requests by the second since the reading before', () => {
    const before = reading(10_000, 'http_requests_total{path="/a",status="200"} 10');
    const now = reading(
      15_000,
      'http_requests_total{path="/a",status="200"} 30',
      'http_requests_total{path="/b",status="503"} 5',
    );
    const figures = readFigures(now, before);
    expect(figures.requests_per_s).toBe(5);
    expect(figures.requests_total).toBe(35);
    expect(figures.server_errors_total).toBe(5);
  });

  it('knows no rate from one reading alone, nor when the server began anew', () => {
    const now = reading(5_000, 'http_requests_total 3', 'process_cpu_seconds_total 1');
    expect(readFigures(now, null).requests_per_s).toBeNull();
    const before = reading(0, 'http_requests_total 900', 'process_cpu_seconds_total 0.5');
    expect(readFigures(now, before).requests_per_s).toBeNull();
    expect(readFigures(now, before).cpu_share).toBe(0.1);
  });

  it('says how long answers took since the reading before, and not how long streams were open', () => {
    const took = (path: string, sum: number, count: number, fast: number) => [
      `http_request_duration_seconds_bucket{le="0.1",path="${path}"} ${fast}`,
      `http_request_duration_seconds_bucket{le="+Inf",path="${path}"} ${count}`,
      `http_request_duration_seconds_sum{path="${path}"} ${sum}`,
      `http_request_duration_seconds_count{path="${path}"} ${count}`,
    ];
    const before = reading(0, ...took('/a', 100, 10, 0));
    const now = reading(
      1_000,
      ...took('/a', 100.5, 20, 10),
      ...took('/v1/events/stream', 900, 1, 0),
    );
    const { mean_ms, p95_ms } = readFigures(now, before);
    expect(mean_ms).toBeCloseTo(50);
    expect(p95_ms).toBeCloseTo(95);
  });

  it('falls back to all answers when there were none since, and to nothing when there were none at all', () => {
    const lines = ['http_request_duration_seconds_sum 2', 'http_request_duration_seconds_count 4'];
    expect(readFigures(reading(1, ...lines), reading(0, ...lines)).mean_ms).toBe(500);
    expect(readFigures(reading(1), null)).toMatchObject({ mean_ms: null, p95_ms: null });
  });

  it('adds queues up, and takes none in them for none waiting', () => {
    const now = reading(
      0,
      'event_streams 2',
      'queue_deliveries{queue="agents",state="pending"} 3',
      'queue_deliveries{queue="tools",state="pending"} 4',
      'queue_deliveries{queue="tools",state="dead"} 1',
      'log_lag{reader="dispatcher"} 6',
    );
    expect(readFigures(now, null)).toMatchObject({
      streams: 2,
      waiting: 7,
      running: 0,
      dead: 1,
      lags: [{ reader: 'dispatcher', lag: 6 }],
    });
    expect(readFigures(reading(0, 'event_streams 0'), null).waiting).toBe(0);
    expect(readFigures(reading(0), null).waiting).toBeNull();
  });

  it('reads the process', () => {
    const now = reading(
      61_000,
      'process_start_time_seconds 1',
      'process_resident_memory_bytes 1048576',
      'nodejs_eventloop_lag_p99_seconds 0.026',
      'nodejs_version_info{version="v24.1.0"} 1',
    );
    expect(readFigures(now, null)).toMatchObject({
      uptime_ms: 60_000,
      memory_bytes: 1_048_576,
      event_loop_p99_ms: 26,
      node_version: 'v24.1.0',
    });
  });
});

describe('estimateQuantile', () => {
  it('lies within the bucket that holds it', () => {
    const buckets = [
      { bound: Number.POSITIVE_INFINITY, count: 100 },
      { bound: 1, count: 50 },
      { bound: 2, count: 90 },
    ];
    expect(estimateQuantile(buckets, 0.25)).toBe(0.5);
    expect(estimateQuantile(buckets, 0.7)).toBe(1.5);
    expect(estimateQuantile(buckets, 0.99)).toBe(2);
  });

  it('knows nothing where nothing was observed', () => {
    expect(estimateQuantile([], 0.5)).toBeNull();
    expect(estimateQuantile([{ bound: 1, count: 0 }], 0.5)).toBeNull();
  });
});
