import { isPrivateKey, RECORD_KEYS, SANITIZED_MESSAGE, STEP_KEYS } from './keep-private.ts';
import { looksPrivate } from './private-text.ts';

/** Told why something was left out. */
export type Warn = (message: string) => void;

const MAX_KEYS = 100;
const MAX_ITEMS = 1_000;
const MAX_DEPTH = 6;
const MAX_TEXT = 1_000;
const MAX_MESSAGE = 10_000;
const MAX_RECORD_TEXT = 100;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** At most `limit` characters, without NUL and halves of surrogate pairs, which a database cannot store. */
export function cleanText(text: string, limit: number): string {
  return text.slice(0, limit).replaceAll('\0', '').toWellFormed();
}

/** A name, type or code: never empty, never longer than `limit`, and no credential or personal number. */
export function cleanLabel(value: unknown, limit: number, fallback: string, warn: Warn): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const cut = cleanText(text, limit);
  if (cut.trim() === '') return fallback;
  const kind = looksPrivate(cut);
  if (kind === null) return cut;
  warn(`A name was left out because it looks like ${kind}.`);
  return '[redacted]';
}

/** The message of a failure; one that looks private is replaced as a whole. */
export function cleanMessage(value: unknown, warn: Warn): string {
  const text = typeof value === 'string' ? cleanText(value, MAX_MESSAGE) : '';
  if (text.trim() === '') return 'No message';
  const kind = looksPrivate(text);
  if (kind === null) return text;
  warn(`A failure message was replaced because it looks like it holds ${kind}.`);
  return SANITIZED_MESSAGE;
}

/** A number from 0 to 1, or null with a warning. */
export function cleanShare(value: unknown, name: string, warn: Warn): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  warn(`${name} must be a number from 0 to 1; the rest is kept without it.`);
  return null;
}

/** A UUID, or null for anything else. */
export function cleanId(value: unknown): string | null {
  return typeof value === 'string' && UUID.test(value) ? value : null;
}

/** Metadata of a step or run. Values may be nested; private keys and values are dropped at any depth, with a warning. */
export function cleanStepMetadata(data: unknown, warn: Warn): Record<string, unknown> {
  return isMapping(data) ? cleanMapping(data, STEP_KEYS, 0, warn) : {};
}

/** Metadata of a decision or signal: primitives only, text of at most 100 characters. */
export function cleanRecordMetadata(data: unknown, warn: Warn): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  if (!isMapping(data)) return kept;
  for (const [key, value] of Object.entries(cleanMapping(data, RECORD_KEYS, 0, warn))) {
    if (typeof value === 'object' && value !== null) {
      warn(`Metadata "${key}" was dropped: only text, numbers, booleans and null are sent here.`);
    } else if (typeof value === 'string' && value.length > MAX_RECORD_TEXT) {
      warn(`Metadata "${key}" was cut to ${MAX_RECORD_TEXT} characters.`);
      kept[key] = cleanText(value, MAX_RECORD_TEXT);
    } else {
      kept[key] = value;
    }
  }
  return kept;
}

/** The options that a decision had, as names. */
export function cleanCandidates(values: unknown, warn: Warn): string[] {
  if (!Array.isArray(values)) return [];
  return values.slice(0, MAX_KEYS).map((each) => cleanLabel(each, 200, 'unnamed', warn));
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function cleanMapping(
  data: Record<string, unknown>,
  names: ReadonlySet<string>,
  depth: number,
  warn: Warn,
): Record<string, unknown> {
  const kept = new Map<string, unknown>();
  for (const [raw_key, raw] of Object.entries(data)) {
    if (raw === undefined) continue;
    if (kept.size >= MAX_KEYS) {
      warn(`Metadata beyond ${MAX_KEYS} keys was dropped.`);
      break;
    }
    const key = cleanText(raw_key, 100);
    const holds_text = raw !== null && typeof raw !== 'boolean' && typeof raw !== 'number';
    if (isPrivateKey(key, names, holds_text)) {
      warn(`Metadata "${key}" was dropped: it may hold private content.`);
      continue;
    }
    const value = cleanValue(raw, names, depth, warn);
    if (value === undefined) {
      warn(`Metadata "${key}" was dropped: its value looks private or cannot be sent.`);
    } else {
      kept.set(key, value);
    }
  }
  return Object.fromEntries(kept);
}

/** Undefined stands for a value that is not to be sent. */
function cleanValue(
  value: unknown,
  names: ReadonlySet<string>,
  depth: number,
  warn: Warn,
): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return null;
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) return undefined;
    return value >= 1e11 && looksPrivate(String(value)) !== null ? undefined : value;
  }
  if (typeof value === 'string') {
    const text = cleanText(value, MAX_TEXT);
    return looksPrivate(text) === null ? text : undefined;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (depth >= MAX_DEPTH) return undefined;
  if (Array.isArray(value)) {
    return value
      .slice(0, MAX_ITEMS)
      .map((each) => cleanValue(each, names, depth + 1, warn))
      .filter((each) => each !== undefined);
  }
  if (!isMapping(value)) return undefined;
  // Not what an object of a class says of itself: that may be the content that must stay here.
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  return cleanMapping(value, names, depth + 1, warn);
}
