import { PRIVACY_LIMITS, type PrivacyRule } from './contract.ts';

/** What a message of the contract tells about a metadata value: the name that the original gives its type. */
function typeName(value: unknown): string {
  return Array.isArray(value) ? 'list' : 'dict';
}

/** The contract's words for each case that it has; clients of the original compare them. */
export const CONTRACT_MESSAGES = {
  step_key: (key: string) =>
    `Value error, Metadata key '${key}' may contain sensitive data. Only safe metadata allowed (tool names, codes, counts).`,
  structured_key: (key: string) =>
    `Value error, Metadata key '${key}' may contain sensitive data and is not allowed. Privacy constraint: no prompts, responses, or reasoning text.`,
  not_primitive: (key: string, value: unknown) =>
    `Value error, Metadata value for '${key}' must be primitive type (str, int, float, bool, None). Got: ${typeName(value)}`,
  long_text: (key: string) =>
    `Value error, Metadata string '${key}' exceeds ${PRIVACY_LIMITS.structured_text_chars} characters. Privacy constraint: structured metadata only, no long text.`,
  /** `what` is a word of the contract's list where the text has one, otherwise what was found. */
  failure_message: (what: string) =>
    `Value error, Failure message may contain sensitive data ('${what}'). Privacy-safe messages required.`,
} as const;

const WORDS = ['password', 'api_key', 'token', 'secret'] as const;

/** What the contract's message about a failure's message names: its word for a credential, or the rule. */
export function nameInFailureMessage(text: string, rule: PrivacyRule): string {
  if (rule !== 'credential') return rule;
  const start = text.slice(0, PRIVACY_LIMITS.message_chars).toLowerCase();
  return WORDS.find((word) => start.includes(word)) ?? 'credential';
}

const WHAT: Readonly<Record<PrivacyRule, string>> = {
  reserved_key: 'has a key that is reserved for content',
  content_key: 'has a key that is named after content',
  not_primitive: 'must be primitive',
  long_text: 'has more text than a name, a code or a count needs',
  too_large: 'is deeper or larger than is looked through',
  credential: 'looks like a credential',
  email: 'looks like an e-mail address',
  card_number: 'looks like a payment card number',
  social_security_number: 'looks like a social security number',
};

/** Our own words, in the form of the contract's, for what it does not look at. */
export function describeRule(path: string, rule: PrivacyRule): string {
  return `Value error, ${path} ${WHAT[rule]}. Report codes, counts and names instead, or have the privacy policy of the tenant changed.`;
}
