import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMetrics } from './parse-metrics.ts';

describe('parseMetrics', () => {
  it('reads names, labels and values, and leaves comments out', () => {
    const text = [
      '# HELP http_requests_total Requests answered.',
      '# TYPE http_requests_total counter',
      'http_requests_total{method="GET",path="/v1/runs/:id",status="200"} 12',
      '',
      'event_streams 1',
      'process_resident_memory_bytes 5.62118656e+8 1795292388000',
    ].join('\n');
    expect(parseMetrics(text)).toEqual([
      {
        name: 'http_requests_total',
        labels: { method: 'GET', path: '/v1/runs/:id', status: '200' },
        value: 12,
      },
      { name: 'event_streams', labels: {}, value: 1 },
      { name: 'process_resident_memory_bytes', labels: {}, value: 562_118_656 },
    ]);
  });

  it('reads infinities and what is not a number', () => {
    const text = 'a_bucket{le="+Inf"} 3\nb +Inf\nc -Inf\nd NaN\r';
    expect(parseMetrics(text).map(({ value }) => value)).toEqual([
      3,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]);
  });

  it('leaves out what it does not understand', () => {
    expect(parseMetrics('<html>no metrics</html>\na b\n{x="y"} 1\n\n')).toEqual([]);
  });

  it('gives labels back as they were written, whatever stands in them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (label) => {
        fc.pre(!/[\r\u2028\u2029]/.test(label));
        const escaped = label
          .replaceAll('\\', '\\\\')
          .replaceAll('"', '\\"')
          .replaceAll('\n', '\\n');
        expect(parseMetrics(`a{x="${escaped}",y="z"} 1`)).toEqual([
          { name: 'a', labels: { x: label, y: 'z' }, value: 1 },
        ]);
      }),
    );
  });
});
