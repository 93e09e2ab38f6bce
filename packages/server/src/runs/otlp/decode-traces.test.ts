import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OTLP_LIMITS, OtlpError, type OtlpLimits } from './contract.ts';
import { decodeTraces } from './decode-traces.ts';
import { mapTraces } from './map-traces.ts';
import {
  attribute,
  double,
  type Field,
  fixed32,
  fixed64,
  int,
  message,
  requestOf,
  spanWith,
  text,
  varint,
} from './testing/write-protobuf.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

function decode(body: Buffer, limits: Partial<OtlpLimits> = {}) {
  return decodeTraces(body, PROTOBUF, { ...OTLP_LIMITS, ...limits });
}

function decodeObject(body: unknown, limits: Partial<OtlpLimits> = {}) {
  return decodeTraces(Buffer.from(JSON.stringify(body)), JSON_TYPE, { ...OTLP_LIMITS, ...limits });
}

function thrownBy(run: () => unknown): OtlpError {
  try {
    run();
  } catch (error) {
    if (error instanceof OtlpError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const jsonSpan = (more: object = {}) => ({
  traceId: TRACE,
  spanId: SPAN,
  name: 'x',
  startTimeUnixNano: '1795280400123456789',
  endTimeUnixNano: '1795280401000000000',
  ...more,
});
const jsonRequest = (...spans: object[]) => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] });

describe('decodeTraces', () => {
  it('reads every field of a span in protobuf', () => {
    const body = message([
      1,
      message(
        // The resource comes behind its spans, which the format allows.
        [
          2,
          message(
            [
              2,
              spanWith(
                [4, Buffer.from('00f067aa0ba902b6', 'hex')],
                [6, int(3)],
                attribute('text', [1, text('é😀')]),
                attribute('yes', [2, int(1)]),
                attribute('int', [3, int(-5)]),
                attribute('big', [3, int(2n ** 62n)]),
                attribute('least', [3, int(-(2n ** 63n))]),
                attribute('double', [4, double(0.5)]),
                attribute('nan', [4, double(Number.NaN)]),
                attribute('list', [
                  5,
                  message([1, message([3, int(1)])], [1, message([1, text('b')])]),
                ]),
                attribute('map', [
                  6,
                  message([1, message([1, text('k')], [2, message([2, int(0)])])]),
                ]),
                attribute('bytes', [7, Buffer.from([1, 2, 255])]),
                attribute('nothing'),
                [10, int(2)],
                [
                  11,
                  message(
                    [1, fixed64(1_795_280_400_500_000_999n)],
                    [2, text('exception')],
                    [3, message([1, text('exception.type')], [2, message([1, text('E')])])],
                  ),
                ],
                [13, message([1, text('a link')])],
                [15, message([2, text('bad')], [3, int(2)])],
                [16, fixed32(0x301)],
                [99, text('from the future')],
              ),
            ],
            [1, message([1, text('lib')], [2, text('1.0')])],
          ),
        ],
        [1, message([1, message([1, text('service.name')], [2, message([1, text('svc')])])])],
      ),
    ]);
    const { spans, encoding, rejected_spans, error_message } = decode(body);
    expect([encoding, rejected_spans, error_message]).toEqual(['protobuf', 0, '']);
    expect(spans).toEqual([
      {
        trace_id: TRACE,
        span_id: SPAN,
        parent_span_id: '00f067aa0ba902b6',
        is_parent_remote: true,
        name: 'x',
        kind: 3,
        started_us: 1_795_280_400_123_456,
        ended_us: 1_795_280_401_000_000,
        attributes: new Map(
          Object.entries({
            text: 'é😀',
            yes: true,
            int: -5,
            big: '4611686018427387904',
            least: '-9223372036854775808',
            double: 0.5,
            nan: 'NaN',
            list: [1, 'b'],
            map: { k: false },
            bytes: 'AQL/',
            nothing: null,
          }),
        ),
        dropped_attributes: 2,
        events: [
          {
            name: 'exception',
            at_us: 1_795_280_400_500_000,
            attributes: new Map([['exception.type', 'E']]),
          },
        ],
        status_code: 2,
        status_message: 'bad',
        resource: { attributes: new Map([['service.name', 'svc']]) },
        scope: { name: 'lib', version: '1.0' },
      },
    ]);
  });

  it('reads JSON with names of either form, numbers as text or numbers, and enums by name', () => {
    const { spans: camel, encoding } = decodeObject({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'svc' } }] },
          scopeSpans: [
            {
              scope: { name: 'lib', version: '1.0' },
              spans: [
                jsonSpan({
                  traceId: TRACE.toUpperCase(),
                  parentSpanId: '',
                  kind: 3,
                  flags: 257,
                  attributes: [
                    { key: 'a', value: { intValue: '12' } },
                    { key: 'b', value: { intValue: 12 } },
                    { key: 'c', value: { intValue: '4611686018427387904' } },
                    { key: 'd', value: { doubleValue: 0.5 } },
                    { key: 'e', value: { doubleValue: 'NaN' } },
                    { key: 'f', value: { boolValue: false } },
                    { key: 'g', value: { arrayValue: { values: [{ stringValue: 'x' }, {}] } } },
                    {
                      key: 'h',
                      value: { kvlistValue: { values: [{ key: 'k', value: { intValue: 1 } }] } },
                    },
                    { key: 'i', value: { bytesValue: 'AQL/' } },
                    { key: 'j' },
                  ],
                  status: { code: 'STATUS_CODE_ERROR', message: 'bad' },
                  events: [{ name: 'e', timeUnixNano: '1795280400500000999', attributes: [] }],
                  futureField: {},
                }),
              ],
            },
          ],
        },
      ],
    });
    const { spans: original } = decodeObject({
      resource_spans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { string_value: 'svc' } }] },
          scope_spans: [
            {
              scope: { name: 'lib', version: '1.0' },
              spans: [
                {
                  // Base64, in which general libraries write bytes.
                  trace_id: Buffer.from(TRACE, 'hex').toString('base64'),
                  span_id: Buffer.from(SPAN, 'hex').toString('base64'),
                  parent_span_id: null,
                  name: 'x',
                  kind: 'SPAN_KIND_CLIENT',
                  start_time_unix_nano: '1795280400123456789',
                  end_time_unix_nano: 1_795_280_401_000_000_000,
                  attributes: [
                    { key: 'a', value: { int_value: '12' } },
                    { key: 'b', value: { int_value: 12 } },
                    { key: 'c', value: { int_value: '4611686018427387904' } },
                    { key: 'd', value: { double_value: '0.5' } },
                    { key: 'e', value: { double_value: 'NaN' } },
                    { key: 'f', value: { bool_value: false } },
                    { key: 'g', value: { array_value: { values: [{ string_value: 'x' }, {}] } } },
                    {
                      key: 'h',
                      value: { kvlist_value: { values: [{ key: 'k', value: { int_value: 1 } }] } },
                    },
                    { key: 'i', value: { bytes_value: 'AQL/' } },
                    { key: 'j' },
                  ],
                  status: { code: 2, message: 'bad' },
                  events: [{ name: 'e', time_unix_nano: '1795280400500000999' }],
                },
              ],
            },
          ],
        },
      ],
    });
    expect(encoding).toBe('json');
    expect(camel).toEqual(original);
    expect(camel).toMatchObject([
      {
        trace_id: TRACE,
        parent_span_id: null,
        is_parent_remote: null,
        kind: 3,
        started_us: 1_795_280_400_123_456,
        ended_us: 1_795_280_401_000_000,
        status_code: 2,
        resource: { attributes: new Map([['service.name', 'svc']]) },
        scope: { name: 'lib' },
      },
    ]);
    expect(Object.fromEntries(camel[0]?.attributes ?? [])).toEqual({
      a: 12,
      b: 12,
      c: '4611686018427387904',
      d: 0.5,
      e: 'NaN',
      f: false,
      g: ['x', null],
      h: { k: 1 },
      i: 'AQL/',
      j: null,
    });
  });

  it('counts spans that cannot be used, says why, and takes the others', () => {
    const noTrace = message([2, Buffer.from(SPAN, 'hex')], [7, fixed64(10n ** 18n)]);
    const longId = message(
      [1, Buffer.alloc(17, 1)],
      [2, Buffer.from(SPAN, 'hex')],
      [7, fixed64(10n ** 18n)],
    );
    const zeroSpan = spanWith([2, Buffer.alloc(8)]);
    const noStart = spanWith([7, fixed64(0n)]);
    const { spans, rejected_spans, error_message } = decode(
      requestOf(noTrace, longId, zeroSpan, spanWith(), noStart),
    );
    expect([spans.length, rejected_spans]).toEqual([1, 4]);
    expect(error_message).toBe(
      '2 rejected: the trace id is not 16 bytes, or zero; 1 rejected: the span id is not 8 bytes, or zero; 1 rejected: the start time is missing or out of range',
    );
    expect(
      decodeObject(
        jsonRequest(
          jsonSpan({ traceId: 'zz' }),
          jsonSpan({ spanId: 7 }),
          jsonSpan({ startTimeUnixNano: 1e300 }),
          jsonSpan(),
        ),
      ),
    ).toMatchObject({
      rejected_spans: 3,
      spans: [{ span_id: SPAN }],
    });
  });

  it('takes a span that ends before it starts for one without duration', () => {
    expect(decode(requestOf(spanWith([8, fixed64(5n)]))).spans[0]).toMatchObject({
      started_us: 1_795_280_400_123_456,
      ended_us: 1_795_280_400_123_456,
    });
  });

  it('makes text storable: no NUL, no halves of characters', () => {
    const broken = Buffer.from([0x61, 0x00, 0xff, 0x62]);
    const [span] = decode(requestOf(spanWith([5, broken]))).spans;
    expect(span?.name).toBe('a\ufffdb');
    const [other] = decodeObject(jsonRequest(jsonSpan({ name: 'a\0\ud800b' }))).spans;
    expect(other?.name).toBe('a\ufffdb');
  });

  describe('keeps to its limits', () => {
    const both = (count: number, limits: Partial<OtlpLimits>) => [
      decode(requestOf(...Array.from({ length: count }, () => spanWith())), limits),
      decodeObject(jsonRequest(...Array.from({ length: count }, () => jsonSpan())), limits),
    ];

    it('on spans', () => {
      for (const { spans, rejected_spans, error_message } of both(5, { spans: 3 })) {
        expect([spans.length, rejected_spans]).toEqual([3, 2]);
        expect(error_message).toBe('2 rejected: there were more than 3 in one request');
      }
    });

    it('on attributes, lists, maps, events and text', () => {
      const limits = { attributes_per_span: 2, items: 2, events_per_span: 1, text_chars: 4 };
      const item: Field = [1, message([1, text('v')])];
      const entry: Field = [1, message([1, text('k')], [2, message([1, text('v')])])];
      const [span] = decode(
        requestOf(
          spanWith(
            attribute('a', [5, message(item, item, item)]),
            attribute('b', [
              6,
              message(entry, [1, message([1, text('l')])], [1, message([1, text('m')])]),
            ]),
            attribute('c', [1, text('dropped')]),
            [11, message([2, text('one')])],
            [11, message([2, text('two')])],
            [5, text('a name')],
          ),
        ),
        limits,
      ).spans;
      expect(span).toMatchObject({ name: 'a na', dropped_attributes: 1 });
      expect([...(span?.attributes ?? [])]).toEqual([
        ['a', ['v', 'v']],
        ['b', { k: 'v', l: null }],
      ]);
      expect(span?.events.map(({ name }) => name)).toEqual(['one']);
    });

    it('on depth', () => {
      let deep = message([1, text('bottom')]);
      for (let level = 0; level < 5_000; level++) {
        deep =
          level % 2 === 0
            ? message([5, message([1, deep])])
            : message([6, message([1, message([1, text('k')], [2, deep])])]);
      }
      const value = `${'{"arrayValue":{"values":['.repeat(5_000)}{"stringValue":"bottom"}${']}}'.repeat(5_000)}`;
      const request = JSON.stringify(
        jsonRequest(jsonSpan({ attributes: [{ key: 'a', value: 0 }] })),
      ).replace('"value":0', `"value":${value}`);
      const decoded = [
        decode(requestOf(spanWith(attribute('a', [5, message([1, deep])])))),
        decodeTraces(Buffer.from(request), JSON_TYPE),
      ];
      for (const { spans } of decoded) {
        const text = JSON.stringify(spans[0]?.attributes.get('a'));
        expect(text).not.toContain('bottom');
        expect(text.length).toBeLessThan(100);
      }
    });

    it('on values of all attributes together', () => {
      const spans = Array.from({ length: 10 }, () =>
        spanWith(attribute('a', [3, int(1)]), attribute('b', [3, int(1)])),
      );
      const sizes = decode(requestOf(...spans), { values: 5 }).spans.map(
        ({ attributes, dropped_attributes }) => [attributes.size, dropped_attributes],
      );
      expect(sizes).toEqual([[2, 0], [2, 0], [1, 1], ...Array.from({ length: 7 }, () => [0, 2])]);
    });

    it('on the body', () => {
      const error = thrownBy(() => decode(Buffer.alloc(101), { body_bytes: 100 }));
      expect(error.code).toBe('payload_too_large');
    });
  });

  describe('refuses with a typed error', () => {
    it.each(['text/plain', 'application/x-www-form-urlencoded', '', undefined])(
      'the content type %s',
      (type) => {
        expect(thrownBy(() => decodeTraces(Buffer.alloc(0), type)).code).toBe(
          'unsupported_media_type',
        );
      },
    );

    it('nothing for parameters of the content type, and takes an empty request', () => {
      expect(decodeTraces(Buffer.from('{}'), 'Application/JSON; charset=utf-8').spans).toEqual([]);
      expect(decodeTraces(Buffer.alloc(0), 'application/x-protobuf').spans).toEqual([]);
    });

    it.each([
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '{"resourceSpans":{}}',
      '{"resourceSpans":[1]}',
      '{"resourceSpans":[{"scopeSpans":"x"}]}',
      `${'['.repeat(100_000)}`,
    ])('the JSON %.30s', (body) => {
      expect(thrownBy(() => decodeTraces(Buffer.from(body), JSON_TYPE)).code).toBe('bad_request');
    });

    it.each([
      ['a length beyond the end', Buffer.from([0x0a, 0x7f])],
      ['a length of 2^63', Buffer.concat([Buffer.from([0x0a]), varint(2n ** 63n)])],
      ['a number without end', Buffer.alloc(32, 0xff)],
      ['field 0', Buffer.from([0x02, 0x00])],
      ['a group', Buffer.from([0x0b, 0x0c])],
      ['a length that leaves its message', message([1, Buffer.from([0x12, 0x10, 0x00])])],
      ['half a time', requestOf(message([1, Buffer.alloc(16, 1)]).subarray(0)).subarray(0, 5)],
    ])('protobuf with %s', (_, body) => {
      expect(thrownBy(() => decode(body)).code).toBe('bad_request');
    });
  });

  describe('meets anything with spans or a typed error', () => {
    const valid = requestOf(
      spanWith(
        attribute('a', [5, message([1, message([3, int(1)])])]),
        [11, message([2, text('e')])],
        [15, message([3, int(2)])],
      ),
      spanWith(attribute('gen_ai.operation.name', [1, text('chat')])),
    );
    const survives = (body: Buffer, type: string) => {
      let spans;
      try {
        ({ spans } = decodeTraces(body, type));
      } catch (error) {
        expect(error).toBeInstanceOf(OtlpError);
        return;
      }
      // What can be decoded can be mapped and stored.
      for (const run of mapTraces(spans, { policy: 'redact' }))
        expect(JSON.stringify(run).isWellFormed()).toBe(true);
    };

    it('cut anywhere', () => {
      for (let length = 0; length < valid.length; length++)
        survives(valid.subarray(0, length), PROTOBUF);
    });

    it('random bytes, and valid ones with some changed', () => {
      const change = fc.tuple(fc.nat(valid.length - 1), fc.nat(255));
      fc.assert(
        fc.property(
          fc.uint8Array({ maxLength: 300 }),
          fc.array(change, { maxLength: 8 }),
          (random, changes) => {
            survives(Buffer.from(random), PROTOBUF);
            const changed = Buffer.from(valid);
            for (const [at, byte] of changes) changed[at] = byte;
            survives(changed, PROTOBUF);
          },
        ),
        { numRuns: 3_000 },
      );
    });

    it('any JSON', () => {
      const strange = fc.oneof(
        fc.anything({ withBigInt: false }),
        fc.constantFrom(TRACE, SPAN, '1795280400123456789'),
      );
      const span = fc.record(
        {
          traceId: fc.oneof(fc.constant(TRACE), strange),
          spanId: fc.oneof(fc.constant(SPAN), strange),
          name: strange,
          kind: strange,
          startTimeUnixNano: fc.oneof(fc.constant('1795280400123456789'), strange),
          endTimeUnixNano: strange,
          attributes: fc.oneof(
            strange,
            fc.array(
              fc.record({
                key: fc.oneof(fc.string(), strange),
                value: fc.oneof(
                  fc.object(),
                  fc.record({ stringValue: strange }),
                  fc.record({ intValue: strange }),
                  fc.record({ arrayValue: strange }),
                ),
              }),
            ),
          ),
          events: fc.oneof(strange, fc.array(fc.object())),
          status: fc.oneof(strange, fc.record({ code: strange, message: strange })),
          flags: strange,
        },
        { requiredKeys: ['traceId', 'spanId', 'startTimeUnixNano'] },
      );
      fc.assert(
        fc.property(fc.oneof(fc.array(span), fc.array(fc.object()), strange), (spans) => {
          survives(
            Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })),
            JSON_TYPE,
          );
          survives(Buffer.from(JSON.stringify(spans) ?? ''), JSON_TYPE);
        }),
        {
          numRuns: 2_000,
          // Found by chance once: what cannot become a number.
          examples: [
            [
              [
                {
                  traceId: '0'.repeat(32),
                  spanId: [],
                  startTimeUnixNano: '1',
                  flags: { toString: '' },
                },
              ],
            ],
          ],
        },
      );
    });

    it('within bounded memory, whatever 8 MiB of it say', () => {
      const emptySpans = message([
        1,
        message([2, Buffer.alloc(8 * 1_048_576, Buffer.from([0x12, 0x00]))]),
      ]);
      const emptyAttributes = requestOf(
        spanWith().fill(0, 0, 0),
        Buffer.concat([spanWith(), Buffer.alloc(8 * 1_048_576, Buffer.from([0x4a, 0x00]))]),
      );
      const emptyResources = Buffer.alloc(8 * 1_048_576, Buffer.from([0x0a, 0x00]));
      const emptyItems = requestOf(
        spanWith(attribute('a', [5, Buffer.alloc(8 * 1_048_576, Buffer.from([0x0a, 0x00]))])),
      );
      for (const body of [emptySpans, emptyAttributes, emptyResources, emptyItems]) {
        const { spans } = decode(body);
        expect(spans.length).toBeLessThanOrEqual(10_000);
        const values = spans.reduce(
          (sum, { attributes, events }) => sum + attributes.size + events.length,
          0,
        );
        expect(values).toBeLessThanOrEqual(1_000);
      }
    });
  });
});
