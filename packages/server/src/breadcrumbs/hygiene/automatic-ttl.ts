const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Rule {
  readonly applies: (schema_name: string, tags: readonly string[]) => boolean;
  readonly ttl_ms: number;
}

const hasTagWith = (part: string) => (tags: readonly string[]) =>
  tags.some((tag) => tag.includes(part));
const isOneOf =
  (...names: string[]) =>
  (schema_name: string) =>
    names.includes(schema_name);

/** Records of passing interest, and how long they are kept when their author does not say. The first rule that applies counts. */
const RULES: readonly Rule[] = [
  {
    applies: (schema, tags) =>
      isOneOf('tool.request.v1')(schema) && hasTagWith('health:check')(tags),
    ttl_ms: 5 * MINUTE,
  },
  { applies: isOneOf('system.ping.v1'), ttl_ms: 10 * MINUTE },
  { applies: (schema) => schema.includes('agent.temp'), ttl_ms: HOUR },
  { applies: isOneOf('agent.thinking.v1', 'agent.analysis.v1'), ttl_ms: 6 * HOUR },
  {
    applies: (schema, tags) =>
      isOneOf('tool.response.v1', 'tool.error.v1')(schema) && hasTagWith('log:')(tags),
    ttl_ms: 7 * DAY,
  },
  { applies: (schema) => schema.includes('metrics.v1'), ttl_ms: 30 * DAY },
];

/** How long a record of this kind lives, in milliseconds, when its author gives no TTL; null is without end. */
export function automaticTtlMs(schema_name: string | null, tags: readonly string[]): number | null {
  if (schema_name === null) return null;
  return RULES.find(({ applies }) => applies(schema_name, tags))?.ttl_ms ?? null;
}
