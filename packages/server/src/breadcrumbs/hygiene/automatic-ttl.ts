const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long kinds of passing records are kept when their author does not say. */
export interface AutomaticTtls {
  readonly health_check_minutes: number;
  readonly temp_data_hours: number;
  /** What agents remember; 0 keeps it. */
  readonly agent_memory_hours: number;
  readonly log_days: number;
  readonly metrics_days: number;
  readonly raw_metrics_days: number;
}

export const AUTOMATIC_TTLS: AutomaticTtls = {
  health_check_minutes: 5,
  temp_data_hours: 24,
  agent_memory_hours: 0,
  log_days: 30,
  metrics_days: 30,
  raw_metrics_days: 7,
};

interface Rule {
  readonly applies: (schema_name: string, tags: readonly string[]) => boolean;
  readonly ttl_ms: (ttls: AutomaticTtls) => number;
}

const hasTagWith =
  (...parts: string[]) =>
  (tags: readonly string[]) =>
    tags.some((tag) => parts.some((part) => tag.includes(part)));
const isOneOf =
  (...names: string[]) =>
  (schema_name: string) =>
    names.includes(schema_name);

/** Logs of the machinery. A diary of a person may well be called `work.log.v1`, and is not meant. */
const MACHINE_LOG = /^(agent|debug|system|tool)\.logs?\.v\d+$/;
const METRICS = /metrics\.v\d+$/;

/** Records of passing interest. The first rule that applies counts. */
const RULES: readonly Rule[] = [
  {
    applies: (schema, tags) =>
      isOneOf('tool.request.v1')(schema) && hasTagWith('health:check')(tags),
    ttl_ms: ({ health_check_minutes }) => health_check_minutes * MINUTE,
  },
  { applies: isOneOf('system.ping.v1'), ttl_ms: () => 10 * MINUTE },
  { applies: (schema) => schema.includes('agent.temp'), ttl_ms: () => HOUR },
  { applies: isOneOf('agent.thinking.v1', 'agent.analysis.v1'), ttl_ms: () => 6 * HOUR },
  {
    applies: (schema, tags) =>
      isOneOf('tool.response.v1', 'tool.error.v1')(schema) && hasTagWith('log:')(tags),
    ttl_ms: () => 7 * DAY,
  },
  {
    applies: (schema, tags) =>
      schema.includes('temp_state') ||
      (schema.startsWith('agent.memory') && hasTagWith('temp_state', 'memory:temp')(tags)),
    ttl_ms: ({ temp_data_hours }) => temp_data_hours * HOUR,
  },
  {
    applies: (schema) => schema.startsWith('agent.memory'),
    ttl_ms: ({ agent_memory_hours }) => agent_memory_hours * HOUR,
  },
  { applies: (schema) => MACHINE_LOG.test(schema), ttl_ms: ({ log_days }) => log_days * DAY },
  {
    applies: (schema, tags) => METRICS.test(schema) && hasTagWith('metrics:raw')(tags),
    ttl_ms: ({ raw_metrics_days }) => raw_metrics_days * DAY,
  },
  {
    applies: (schema) => schema.includes('metrics.v1') || METRICS.test(schema),
    ttl_ms: ({ metrics_days }) => metrics_days * DAY,
  },
];

/** How long a record of this kind lives, in milliseconds, when its author gives no TTL; null is without end. */
export function automaticTtlMs(
  schema_name: string | null,
  tags: readonly string[],
  ttls: AutomaticTtls = AUTOMATIC_TTLS,
): number | null {
  if (schema_name === null) return null;
  const rule = RULES.find(({ applies }) => applies(schema_name, tags));
  // 0 switches a rule off.
  return rule?.ttl_ms(ttls) || null;
}
