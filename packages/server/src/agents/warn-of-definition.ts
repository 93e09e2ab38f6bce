import { ASK_AGENT, HAND_OVER } from './read-definition.ts';

const OWN_TOOLS: ReadonlySet<unknown> = new Set([ASK_AGENT, HAND_OVER]);
/** Tools that are named at most. */
const NAMED_MAX = 10;

/** What is to be known of a definition though it counts, as a sentence; null when there is nothing. Tools may come later. */
export function warnOfDefinition(
  { tools, has_namesake }: { readonly tools: unknown; readonly has_namesake: boolean },
  known: ReadonlySet<unknown>,
): string | null {
  const named: unknown[] = Array.isArray(tools) ? tools : [];
  const missing = named.filter((name) => !known.has(name) && !OWN_TOOLS.has(name));
  const warnings: string[] = [];
  if (missing.length > 0)
    warnings.push(`it names tools that are not there: ${missing.slice(0, NAMED_MAX).join(', ')}`);
  if (has_namesake)
    warnings.push(
      'another active definition has the same agent_id; of the two, the name stands for the one changed last',
    );
  return warnings.length > 0 ? warnings.join('; ') : null;
}
