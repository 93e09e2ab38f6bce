import { WELL_KNOWN, type RegistryAgent } from '@cairn/protocol';

/** An agent as people know it. */
export interface AgentLabel {
  readonly name: string;
  /** True when a definition stands behind it, which has a page. */
  readonly is_defined: boolean;
}

const BUILT_IN: Readonly<Record<string, string>> = {
  [WELL_KNOWN.person]: 'Person at the keyboard',
  [WELL_KNOWN.tools_runner]: 'Tools runner',
  [WELL_KNOWN.context_builder]: 'Context builder',
  [WELL_KNOWN.catalog_keeper]: 'Catalogue keeper',
};
const END_CHARS = 8;

/** What to call an agent: as its definition says, as the server's own are called, else by the end of its id. */
export function labelOf(id: string, definitions: readonly RegistryAgent[]): AgentLabel {
  const definition = definitions.find((each) => each.id === id);
  if (definition !== undefined) return { name: definition.name, is_defined: true };
  return { name: BUILT_IN[id] ?? `…${id.slice(-END_CHARS)}`, is_defined: false };
}

/** Agents with those first that people know by a name. */
export function orderAgents(
  ids: readonly string[],
  definitions: readonly RegistryAgent[],
): readonly string[] {
  const rank = (id: string): number =>
    definitions.some((each) => each.id === id) ? 0 : id in BUILT_IN ? 1 : 2;
  return ids.toSorted(
    (a, b) =>
      rank(a) - rank(b) || labelOf(a, definitions).name.localeCompare(labelOf(b, definitions).name),
  );
}
