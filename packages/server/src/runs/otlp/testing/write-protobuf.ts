/** For tests: writes protobuf by hand, also what no library would write. */
export type Field = readonly [number: number, value: Buffer | Written];

/** A value with the way in which it is written. */
export interface Written {
  readonly wire: number;
  readonly bytes: Buffer;
}

export function varint(value: bigint | number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

export const int = (value: bigint | number): Written => ({ wire: 0, bytes: varint(value) });
export const text = (value: string): Buffer => Buffer.from(value);

export function fixed64(value: bigint): Written {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return { wire: 1, bytes };
}

export function double(value: number): Written {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return { wire: 1, bytes };
}

export function fixed32(value: number): Written {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return { wire: 5, bytes };
}

/** A message of fields; a buffer is written with its length before it. */
export function message(...fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) =>
      Buffer.isBuffer(value)
        ? [varint(number * 8 + 2), varint(value.length), value]
        : [varint(number * 8 + value.wire), value.bytes],
    ),
  );
}

/** A request with these spans, as messages. */
export function requestOf(...spans: readonly Buffer[]): Buffer {
  return message([1, message([2, message(...spans.map((span): Field => [2, span]))])]);
}

/** A span that can be used, with more fields. */
export function spanWith(...fields: readonly Field[]): Buffer {
  return message(
    [1, Buffer.from('4bf92f3577b34da6a3ce929d0e0e4736', 'hex')],
    [2, Buffer.from('00f067aa0ba902b7', 'hex')],
    [5, text('x')],
    [7, fixed64(1_795_280_400_123_456_789n)],
    [8, fixed64(1_795_280_401_000_000_000n)],
    ...fields,
  );
}

/** An attribute with an `AnyValue`. */
export function attribute(key: string, ...value: readonly Field[]): Field {
  return [9, message([1, text(key)], [2, message(...value)])];
}
