import { CONTRACT_MESSAGES, describeRule, nameInFailureMessage } from './contract-messages.ts';
import {
  markerOf,
  PRIVACY_LIMITS,
  type PrivacyFinding,
  type PrivacyPolicy,
  type PrivacyRule,
} from './contract.ts';
import { isPlaceholder } from './find-credentials.ts';
import { judgeKey, STEP_KEYS, STRUCTURED_KEYS } from './judge-key.ts';
import { redactText } from './redact-text.ts';

/** What a scan gives back. */
export interface PrivacyScan<T> {
  /** What was scanned, without what was found; the same object when nothing was. */
  readonly clean: T;
  /** In the order of the fields, the first `PRIVACY_LIMITS.findings` of them. */
  readonly findings: readonly PrivacyFinding[];
  /** All of them, counted. */
  readonly found: number;
}

/** What a string may be, by the field that it stands in. */
interface Place {
  /** Which rules hold: of the contract for the two kinds of metadata, or only those for values. */
  readonly kind: 'step_metadata' | 'structured_metadata' | 'message' | 'field';
  readonly chars_max: number;
}

const STEP: Place = { kind: 'step_metadata', chars_max: PRIVACY_LIMITS.step_text_chars };
const STRUCTURED: Place = {
  kind: 'structured_metadata',
  chars_max: PRIVACY_LIMITS.structured_text_chars,
};
const MESSAGE: Place = { kind: 'message', chars_max: PRIVACY_LIMITS.message_chars };
const REASON: Place = { kind: 'field', chars_max: PRIVACY_LIMITS.reason_chars };
const FIELD: Place = { kind: 'field', chars_max: PRIVACY_LIMITS.name_chars };

type Step = string | number;
/** A way down from the root, shared between siblings; null at the root. */
interface Way {
  readonly up: Way | null;
  readonly step: Step;
}

/**
 * Looks through a report of a run, in the form in which it came or was read: names, codes, candidates, messages and
 * metadata, and every field that it does not know. Under `reject` and `redact` nothing private is left in what it gives
 * back: values are replaced by markers, keys that name content are gone. Under `reject` the caller refuses the report if
 * there are findings. Under `allow` only credentials are found. Linear in the size of the report.
 */
export function scanRun<T extends object>(run: T, policy: PrivacyPolicy): PrivacyScan<T> {
  const scan = new Scan(policy);
  const clean = scan.root(run);
  return { clean, findings: scan.findings, found: scan.found };
}

/** As `scanRun`, for the metadata of one step, or of one decision or signal (`structured`). */
export function scanMetadata(
  metadata: Readonly<Record<string, unknown>>,
  kind: 'step' | 'structured',
  policy: PrivacyPolicy,
): PrivacyScan<Readonly<Record<string, unknown>>> {
  const scan = new Scan(policy);
  const clean = scan.metadata(metadata, kind === 'step' ? STEP : STRUCTURED, {
    up: null,
    step: 'metadata',
  });
  return { clean, findings: scan.findings, found: scan.found };
}

/** As `scanRun`, for one text: a failure's message, or a name. */
export function scanText(
  text: string,
  kind: 'message' | 'name',
  policy: PrivacyPolicy,
): PrivacyScan<string> {
  const scan = new Scan(policy);
  const clean = scan.text(text, kind === 'message' ? MESSAGE : FIELD, { up: null, step: kind });
  return { clean, findings: scan.findings, found: scan.found };
}

class Scan {
  readonly findings: PrivacyFinding[] = [];
  found = 0;
  private readonly capture: boolean;
  private values = 0;

  constructor(policy: PrivacyPolicy) {
    this.capture = policy === 'allow';
  }

  root<T extends object>(run: T): T {
    return this.entries(run, null, (key, value, way) => {
      if (Array.isArray(value)) {
        const place = key === 'decisions' || key === 'quality_signals' ? STRUCTURED : STEP;
        return this.list(value, way, (item, at) => this.part(item, place, at));
      }
      if (key === 'metadata') return this.anyMetadata(value, STEP, way);
      if (key === 'end_reason') return this.value(value, REASON, way, 0);
      return this.part(value, STEP, way);
    }) as T;
  }

  /** A step, failure, decision or signal: an object with fields and `metadata`. */
  private part(part: unknown, metadata: Place, way: Way): unknown {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) {
      return this.value(part, FIELD, way, 0);
    }
    return this.entries(part, way, (key, value, at) => {
      if (key === 'metadata') return this.anyMetadata(value, metadata, at);
      return this.value(value, key === 'message' ? MESSAGE : FIELD, at, 0);
    });
  }

  private anyMetadata(value: unknown, place: Place, way: Way): unknown {
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? this.metadata(value as Readonly<Record<string, unknown>>, place, way)
      : this.value(value, place, way, 0);
  }

  metadata(
    metadata: Readonly<Record<string, unknown>>,
    place: Place,
    way: Way,
  ): Readonly<Record<string, unknown>> {
    const reserved = place === STEP ? STEP_KEYS : STRUCTURED_KEYS;
    return this.entries(metadata, way, (key, value, at) => {
      if (!this.capture && reserved.has(key.toLowerCase())) {
        const words = place === STEP ? 'step_key' : 'structured_key';
        this.find(at, 'reserved_key', CONTRACT_MESSAGES[words](key));
        return GONE;
      }
      if (place === STRUCTURED && !this.capture) {
        // The store keeps a decision's candidates in its metadata; they come in as a field of their own.
        if (typeof value === 'object' && value !== null && !isCandidates(key, value)) {
          this.find(at, 'not_primitive', CONTRACT_MESSAGES.not_primitive(key, value));
          return markerOf('not_primitive');
        }
        if (typeof value === 'string' && isLonger(value, place.chars_max)) {
          this.find(at, 'long_text', CONTRACT_MESSAGES.long_text(key));
          return markerOf('long_text');
        }
      }
      const rule = this.judge(key, value);
      if (rule !== null) {
        this.find(at, rule);
        return GONE;
      }
      return this.value(value, isCandidates(key, value) ? FIELD : place, at, 1);
    }) as Readonly<Record<string, unknown>>;
  }

  /** Whether the name of a key forbids its value. Numbers and the like tell no content: `output: 12` is a count. */
  private judge(key: string, value: unknown): PrivacyRule | null {
    if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) return null;
    if (typeof value === 'string' ? value === '' || isPlaceholder(value) : isEmpty(value))
      return null;
    const rule = judgeKey(key);
    if (rule === 'credential') return typeof value === 'string' ? rule : null;
    return this.capture ? null : rule;
  }

  value(value: unknown, place: Place, way: Way, depth: number): unknown {
    this.values++;
    if (typeof value === 'string') return this.text(value, place, way);
    if (typeof value === 'number') return this.number(value, place, way);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= PRIVACY_LIMITS.depth || this.values > PRIVACY_LIMITS.values) {
      this.find(way, 'too_large');
      return markerOf('too_large');
    }
    if (Array.isArray(value)) {
      return this.list(value, way, (item, at) => this.value(item, place, at, depth + 1));
    }
    return this.entries(value, way, (key, each, at) => {
      const rule = this.judge(key, each);
      if (rule === null) return this.value(each, place, at, depth + 1);
      this.find(at, rule);
      return GONE;
    });
  }

  text(text: string, place: Place, way: Way): string {
    const { text: clean, rules } = redactText(text, this.capture);
    for (const rule of rules) {
      this.find(
        way,
        rule,
        place === MESSAGE
          ? CONTRACT_MESSAGES.failure_message(nameInFailureMessage(text, rule))
          : undefined,
      );
    }
    if (!this.capture && isLonger(text, place.chars_max)) {
      this.find(way, 'long_text');
      return markerOf('long_text');
    }
    // A marker can be longer than what it stands for, and a column has no more room than the field may have.
    const room = Math.max(text.length, SHORTEST_COLUMN);
    return clean.length <= room || place.kind !== 'field'
      ? clean
      : clean.slice(0, room).toWellFormed();
  }

  /** A card number is one without quotes too; a field that has to be a number stays one. */
  private number(value: number, place: Place, way: Way): unknown {
    if (this.capture || place.kind === 'field' || place.kind === 'message') return value;
    if (!Number.isSafeInteger(value) || value < 1e11) return value;
    return this.text(String(value), FIELD, way) === String(value) ? value : markerOf('card_number');
  }

  private list(list: readonly unknown[], way: Way, each: (item: unknown, at: Way) => unknown) {
    let changed: unknown[] | null = null;
    for (let index = 0; index < list.length; index++) {
      const item = list[index];
      const clean = each(item, { up: way, step: index });
      if (clean === item) continue;
      changed ??= [...list];
      changed[index] = clean === GONE ? null : clean;
    }
    return changed ?? list;
  }

  private entries(
    object: object,
    way: Way | null,
    each: (key: string, value: unknown, at: Way) => unknown,
  ): object {
    const kept: [string, unknown][] = [];
    let changed = false;
    for (const [key, value] of Object.entries(object)) {
      const name = this.key(key, way);
      const clean = each(name, value, { up: way, step: name });
      if (clean !== GONE) kept.push([name, clean]);
      changed ||= clean !== value || name !== key;
    }
    return changed ? Object.fromEntries(kept) : object;
  }

  /** A key can hold what a value may not: it is then its marker, here and in every path. */
  private key(key: string, way: Way | null): string {
    if (!this.capture && key.length > PRIVACY_LIMITS.key_chars) {
      this.find({ up: way, step: markerOf('long_text') }, 'long_text');
      return markerOf('long_text');
    }
    const { text, rules } = redactText(key, this.capture);
    for (const rule of rules) this.find({ up: way, step: text }, rule);
    return text;
  }

  private find(way: Way, rule: PrivacyRule, message?: string): void {
    this.found++;
    if (this.findings.length >= PRIVACY_LIMITS.findings) return;
    const steps: Step[] = [];
    for (let at: Way | null = way; at; at = at.up) steps.unshift(at.step);
    const path = steps
      .map((step, index) =>
        typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`,
      )
      .join('');
    const metadata = steps.indexOf('metadata');
    this.findings.push({
      path,
      rule,
      loc: ['body', ...(metadata === -1 ? steps : steps.slice(0, metadata + 1))],
      message: message ?? describeRule(path, rule),
    });
  }
}

/** Characters of the shortest column that holds a field with free text, which is the environment. */
const SHORTEST_COLUMN = 50;

/** Stands for an entry that is left out. */
const GONE = Symbol('gone');

function isCandidates(key: string, value: unknown): boolean {
  return (
    key === 'candidates' && Array.isArray(value) && value.every((each) => typeof each === 'string')
  );
}

function isEmpty(value: object): boolean {
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}

/** In characters as people count them, like the original: one outside the basic plane is one. */
function isLonger(text: string, chars_max: number): boolean {
  if (text.length <= chars_max) return false;
  return text.length > 2 * chars_max || [...text].length > chars_max;
}
