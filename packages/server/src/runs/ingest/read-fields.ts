import { whyNotStorable } from '../../base/index.ts';
import { readInstant, type Instant } from './read-instant.ts';

/** What does not fit, by its place in the body. Never holds what came there, since that may be private. */
export interface Misfit {
  readonly path: string;
  readonly message: string;
}

/** Misfits that are told of one body. */
const MISFITS_MAX = 50;

type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is an object with fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LOOSE_UUID =
  /^(?:urn:uuid:)?\{?([0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12})\}?$/i;
const INTEGER = /^\s*[+-]?\d{1,20}(?:\.0*)?\s*$/;
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const TRUE = new Set<unknown>([1, '1', 'true', 't', 'yes', 'y', 'on']);
const FALSE = new Set<unknown>([0, '0', 'false', 'f', 'no', 'n', 'off']);

/**
 * Reads the fields of one object laxly, and notes what does not fit. What a method answers after a misfit is of the right
 * type and otherwise meaningless: look at `misfits` once everything was read.
 */
export class FieldReader {
  readonly misfits: Misfit[];
  readonly #fields: Fields;
  readonly #prefix: string;

  /** `prefix` is the place of the object, such as `steps[0].`; it is only used when something does not fit. */
  constructor(fields: Fields, prefix: string, misfits: Misfit[]) {
    this.#fields = fields;
    this.#prefix = prefix;
    this.misfits = misfits;
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  isNull(name: string): boolean {
    return this.#fields[name] === null;
  }

  raw(name: string): unknown {
    return this.#fields[name];
  }

  refuse(name: string, message: string): void {
    if (this.misfits.length < MISFITS_MAX)
      this.misfits.push({ path: `${this.#prefix}${name}`.replace(/\.$/, ''), message });
  }

  text(name: string, min: number, max: number): string {
    const value = this.#required(name);
    if (value === undefined) return '';
    if (typeof value !== 'string') return this.#bad(name, 'must be text', '');
    const why = whyBadText(value, min, max);
    return why === null ? value : this.#bad(name, why, '');
  }

  textOr<T>(name: string, min: number, max: number, fallback: T): string | T {
    return this.has(name) && !this.isNull(name) ? this.text(name, min, max) : fallback;
  }

  uuid(name: string): string {
    const value = this.#required(name);
    if (value === undefined) return '';
    if (typeof value === 'string') {
      if (UUID.test(value)) return value;
      const hex = LOOSE_UUID.exec(value)?.[1]?.replaceAll('-', '').toLowerCase();
      if (hex !== undefined) return hyphenate(hex);
    }
    return this.#bad(name, 'must be a UUID', '');
  }

  uuidOrNull(name: string): string | null {
    return this.has(name) && !this.isNull(name) ? this.uuid(name) : null;
  }

  instant(name: string): Instant {
    const value = this.#required(name);
    const none: Instant = { ms: Number.NaN, us: 0, text: '' };
    if (value === undefined) return none;
    return (
      readInstant(value) ?? this.#bad(name, 'must be a time, such as 2026-01-31T12:00:00Z', none)
    );
  }

  integer(name: string, max: number): number {
    const value = this.#required(name);
    if (value === undefined) return 0;
    const number = typeof value === 'string' && INTEGER.test(value) ? Number(value.trim()) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= max)
      return number + 0;
    return this.#bad(name, `must be a whole number from 0 to ${max}`, 0);
  }

  number(name: string, max: number): number {
    const value = this.#required(name);
    if (value === undefined) return 0;
    const number = typeof value === 'string' && NUMBER.test(value) ? Number(value) : value;
    if (typeof number === 'number' && number >= 0 && number <= max && Number.isFinite(number))
      return number + 0;
    return this.#bad(name, `must be a number from 0 ${max === Infinity ? 'on' : `to ${max}`}`, 0);
  }

  boolean(name: string): boolean {
    const value = this.#required(name);
    if (typeof value === 'boolean' || value === undefined) return value === true;
    const word = typeof value === 'string' ? value.toLowerCase() : value;
    if (TRUE.has(word)) return true;
    return FALSE.has(word) ? false : this.#bad(name, 'must be true or false', false);
  }

  choice<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.#required(name);
    const choice = choices.find((each) => each === value);
    if (choice !== undefined) return choice;
    const first = choices[0] as T;
    return value === undefined
      ? first
      : this.#bad(name, `must be one of ${choices.join(', ')}`, first);
  }

  /** An object of any JSON that can be stored; empty when it is absent. */
  metadata(name: string, bytes_max: number): Fields {
    const value = this.#fields[name];
    if (value === undefined) return {};
    if (!isFields(value)) return this.#bad(name, 'must be an object', {});
    return this.storable(name, value, bytes_max) ? value : {};
  }

  /** Whether an object can be stored; notes why not. */
  storable(name: string, value: Fields, bytes_max: number): boolean {
    // Neither the place inside nor the words of the check are told: both may hold what came.
    if (whyNotStorable(value) !== null)
      this.refuse(
        name,
        'must not hold NUL characters, halves of surrogate pairs, numbers out of range, or very deep nesting',
      );
    else if (Buffer.byteLength(JSON.stringify(value)) > bytes_max)
      this.refuse(name, `must not be larger than ${bytes_max} bytes`);
    else return true;
    return false;
  }

  #required(name: string): unknown {
    const value = this.#fields[name];
    if (value === undefined) this.refuse(name, 'is missing');
    return value;
  }

  #bad<T>(name: string, message: string, instead: T): T {
    this.refuse(name, message);
    return instead;
  }
}

function whyBadText(text: string, min: number, max: number): string | null {
  // Characters are counted as the database counts them; most texts need no counting.
  const is_long = text.length > max && [...text].length > max;
  if (text.length < min || is_long) return `must have ${min} to ${max} characters`;
  if (text.includes('\0')) return 'must not hold NUL characters';
  return text.isWellFormed() ? null : 'must not hold halves of surrogate pairs';
}

function hyphenate(hex: string): string {
  const part = (from: number, to: number) => hex.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`;
}
