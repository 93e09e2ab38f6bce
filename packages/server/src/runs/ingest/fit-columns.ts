/** What the columns hold of the short texts of a report, in characters. */
const CHARS: Readonly<Record<string, number>> = {
  agent_id: 255,
  agent_version: 100,
  environment: 50,
  conversation_id: 250,
  name: 255,
  model: 255,
  provider: 100,
  failure_code: 100,
  selected: 200,
};

/** Below these nothing is ours. */
const PARTS: ReadonlySet<string> = new Set([
  'steps',
  'failure',
  'failures',
  'decisions',
  'quality_signals',
]);

/** Cuts texts that grew when something private in them was replaced by a marker, which may be longer than it. */
export function fitColumns<T extends object>(report: T): T {
  const fitted = Object.entries(report).map(([name, value]: [string, unknown]) => {
    if (typeof value === 'string') return [name, value.slice(0, CHARS[name]).toWellFormed()];
    if (!PARTS.has(name)) return [name, value];
    return [name, Array.isArray(value) ? value.map(fitPart) : fitPart(value)];
  });
  return Object.fromEntries(fitted) as T;
}

function fitPart(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? fitColumns(value) : value;
}
