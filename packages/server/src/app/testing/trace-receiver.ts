import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** A span as a collector of OpenTelemetry reads it. */
export interface ReceivedSpan {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 5 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 2 is an error. */
  readonly status: number;
  readonly service: unknown;
}

/** Takes traces as OTLP over HTTP with protobuf, decoded by what the protocol says and not by the sender's library. */
export async function openTraceReceiver() {
  const spans: ReceivedSpan[] = [];
  const requests: { path: string; headers: Record<string, unknown>; bytes: Buffer }[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((bytes) => {
      requests.push({ path: request.url ?? '', headers: request.headers, bytes });
      spans.push(...readExport(bytes));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, requests };
}

interface Field {
  readonly number: number;
  readonly value: bigint | Buffer;
}

/** The fields of a protobuf message. */
function* readFields(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('a number is cut off');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number) => bytes.subarray(at, (at += length));
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >> 3;
    switch (tag & 7) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: take(8) };
        break;
      case 2:
        yield { number, value: take(Number(varint())) };
        break;
      case 5:
        yield { number, value: take(4) };
        break;
      default:
        throw new Error(`unknown wire type ${tag & 7}`);
    }
  }
}

const all = (bytes: Buffer, wanted: number): Buffer[] =>
  [...readFields(bytes)].flatMap(({ number, value }) =>
    number === wanted && typeof value !== 'bigint' ? [value] : [],
  );
const first = (bytes: Buffer, wanted: number): Buffer => all(bytes, wanted)[0] ?? Buffer.alloc(0);
const numberOf = (bytes: Buffer, wanted: number): number =>
  Number([...readFields(bytes)].find(({ number }) => number === wanted)?.value ?? 0);

function readExport(bytes: Buffer): ReceivedSpan[] {
  return all(bytes, 1).flatMap((resource_spans) => {
    const { 'service.name': service } = readAttributes(all(first(resource_spans, 1), 1));
    return all(resource_spans, 2).flatMap((scope_spans) =>
      all(scope_spans, 2).map((span) => readSpan(span, service)),
    );
  });
}

function readSpan(span: Buffer, service: unknown): ReceivedSpan {
  return {
    trace_id: first(span, 1).toString('hex'),
    span_id: first(span, 2).toString('hex'),
    parent_span_id: first(span, 4).toString('hex'),
    name: first(span, 5).toString(),
    kind: numberOf(span, 6),
    attributes: readAttributes(all(span, 9)),
    status: numberOf(first(span, 15), 3),
    service,
  };
}

function readAttributes(pairs: readonly Buffer[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => [first(pair, 1).toString(), readValue(first(pair, 2))]),
  );
}

function readValue(value: Buffer): unknown {
  const [field] = readFields(value);
  if (!field) return null;
  if (field.number === 1) return (field.value as Buffer).toString();
  if (field.number === 2) return field.value === 1n;
  if (field.number === 3) return Number(field.value);
  return field.number === 4 ? (field.value as Buffer).readDoubleLE() : field.value;
}
