import { OtlpError } from './contract.ts';

/** How a field is written in protobuf. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const TWO_32 = 4_294_967_296;

/**
 * Reads the protobuf wire format from a buffer without copying it. Every read looks at `end`, the end of the message
 * that is being read; what goes beyond is an `OtlpError`, so a wrong length can neither read nor allocate anything.
 */
export class WireReader {
  readonly bytes: Buffer;
  position = 0;
  end: number;
  /** The number of the field whose tag was read last, and how it is written. */
  field = 0;
  wire = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  /** Reads the next tag into `field` and `wire`; false at the end of the message. */
  next(): boolean {
    if (this.position >= this.end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (this.field === 0 || tag >= TWO_32) throw broken('a field has no number');
    return true;
  }

  /** Whether the field read last is this one, written this way. */
  is(field: number, wire: number): boolean {
    return this.field === field && this.wire === wire;
  }

  /** Reads a message within this one: `read` sees it as the whole. What it leaves unread is skipped. */
  message(read: () => void): void {
    const outer = this.end;
    const inner = this.span();
    this.end = inner;
    read();
    this.position = inner;
    this.end = outer;
  }

  /** An unsigned number; above 2^53 it is not exact. */
  varint(): number {
    const { low, high } = this.varint64();
    return (high >>> 0) * TWO_32 + low;
  }

  /** A signed number of 64 bits: decimal text where a number would not be exact. */
  int64(): number | string {
    const { low, high } = this.varint64();
    const value = high * TWO_32 + low;
    if (Number.isSafeInteger(value)) return value;
    return ((BigInt(high) << 32n) | BigInt(low)).toString();
  }

  private varint64(): { low: number; high: number } {
    const first = this.byte();
    if (first < 0x80) return { low: first, high: 0 };
    let low = first & 0x7f;
    let high = 0;
    for (let shift = 7; shift < 70; shift += 7) {
      const byte = this.byte();
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high |= bits >> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (byte < 0x80) return { low: low >>> 0, high: high | 0 };
    }
    throw broken('a number has more than 10 bytes');
  }

  private byte(): number {
    const byte = this.position < this.end ? this.bytes[this.position] : undefined;
    if (byte === undefined) throw broken('it ends in the middle of a field');
    this.position++;
    return byte;
  }

  fixed32(): number {
    const at = this.position;
    this.advance(4);
    return this.bytes.readUInt32LE(at);
  }

  /** A time in nanoseconds, as whole microseconds. */
  nanosAsMicros(): number {
    const at = this.position;
    this.advance(8);
    const low = this.bytes.readUInt32LE(at);
    const high = this.bytes.readUInt32LE(at + 4);
    // 2^32 is 4294967 * 1000 + 296; so no step needs more bits than a number has.
    return high * 4_294_967 + Math.floor((high * 296 + low) / 1000);
  }

  double(): number {
    const at = this.position;
    this.advance(8);
    return this.bytes.readDoubleLE(at);
  }

  /** Text; of a longer one only the beginning is decoded. */
  text(chars_max: number): string {
    const start = this.position;
    const end = this.span();
    this.position = end;
    return this.bytes.toString(
      'utf8',
      start + this.header,
      Math.min(end, start + this.header + chars_max * 4),
    );
  }

  /** Bytes as text; of longer ones only the beginning. */
  encoded(encoding: 'hex' | 'base64', bytes_max: number): string {
    const start = this.position;
    const end = this.span();
    this.position = end;
    return this.bytes.toString(
      encoding,
      start + this.header,
      Math.min(end, start + this.header + bytes_max),
    );
  }

  /** Passes over a field that is not used. */
  skip(): void {
    if (this.wire === WIRE.varint) this.varint64();
    else if (this.wire === WIRE.fixed64) this.advance(8);
    else if (this.wire === WIRE.fixed32) this.advance(4);
    else if (this.wire === WIRE.bytes) this.position = this.span();
    else throw broken('a field is written in a way that is not known');
  }

  /** How many bytes the length took that `span` read last. */
  private header = 0;

  /** Reads a length and gives the end of what it measures. */
  private span(): number {
    const start = this.position;
    const length = this.varint();
    this.header = this.position - start;
    if (length > this.end - this.position) throw broken('a field is longer than its message');
    return this.position + length;
  }

  private advance(bytes: number): void {
    if (bytes > this.end - this.position) throw broken('it ends in the middle of a field');
    this.position += bytes;
  }
}

function broken(why: string): OtlpError {
  return new OtlpError(
    'bad_request',
    `The body must be an ExportTraceServiceRequest in protobuf, but ${why}.`,
  );
}
