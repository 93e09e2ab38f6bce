/**
 * What a tenant wants done with private data in what agents report. `reject` refuses the whole report, `redact` stores it
 * without them, `allow` stores content as it came. Credentials are never stored: `allow` takes them out too, since a
 * tenant that wants to read its prompts still does not want its keys in them.
 */
export type PrivacyPolicy = 'reject' | 'redact' | 'allow';

/** Why something may not be stored as it is; it is also what stands in the marker, as in `[redacted:email]`. */
export type PrivacyRule =
  /** A metadata key that the contract names, such as `prompt` in a step or `reasoning` in a decision. */
  | 'reserved_key'
  /** A key that names content in other words or deeper down: `userPrompt`, `llm.response.body`. */
  | 'content_key'
  /** A list or an object in the metadata of a decision or a signal. */
  | 'not_primitive'
  /** Free text: longer than what a name, a code or a count needs. */
  | 'long_text'
  /** Deeper or more than is looked through. */
  | 'too_large'
  | 'credential'
  | 'email'
  | 'card_number'
  | 'social_security_number';

/** Something that may not be stored, by its place and reason. Never holds the value, nor a key that gives one away. */
export interface PrivacyFinding {
  /** As in `steps[0].metadata.user.mail`; a key that is itself private shows as its marker. */
  readonly path: string;
  readonly rule: PrivacyRule;
  /** For a 422 in the shape of the original: where, from `body` down to the field that the contract names. */
  readonly loc: readonly (string | number)[];
  /** For a 422 in the shape of the original: its exact words where it has some for this case. */
  readonly message: string;
}

/** A piece of a text that is private: from `start` up to, not including, `end`. */
export interface TextHit {
  readonly start: number;
  readonly end: number;
  readonly rule: PrivacyRule;
}

/** How much is looked at, and what counts as long. All are inclusive: this much is allowed. */
export const PRIVACY_LIMITS = {
  /** Characters of a string in the metadata of a decision or a signal. */
  structured_text_chars: 100,
  /** Characters of a string in the metadata of a step. */
  step_text_chars: 1_000,
  /** Characters of a candidate, a name and every other short field. */
  name_chars: 255,
  /** Characters of the reason for which a run ended. */
  reason_chars: 500,
  /** Characters of a failure's message. */
  message_chars: 10_000,
  /** Characters of a metadata key. */
  key_chars: 100,
  /** Levels of lists and objects below `metadata`. */
  depth: 16,
  /** Values of one report, counted over all of its lists and objects. */
  values: 1_000_000,
  /** Findings that are told; further ones are only counted. */
  findings: 100,
} as const;

/** What stands where something was taken out. */
export function markerOf(rule: PrivacyRule): string {
  return `[redacted:${rule}]`;
}
