import { WELL_KNOWN, type Role } from '@cairn/protocol';
import { toAsker, type Asker } from '../http/index.ts';

/** Parts of the program that write of their own accord: behind what they write there is nobody else. */
const PROGRAM: ReadonlySet<string> = new Set([
  WELL_KNOWN.tools_runner,
  WELL_KNOWN.context_builder,
  WELL_KNOWN.catalog_keeper,
]);

/**
 * For whom an agent works, given who asks by what triggered it and the roles that this one has now. Null when it works for
 * itself: nobody asked but the program.
 */
export function chooseAsker(
  agent_id: string,
  asker: string | null,
  roles: readonly Role[] | null,
): Asker | null {
  if (asker !== null && (asker === agent_id || PROGRAM.has(asker))) return null;
  return toAsker(asker, roles);
}
