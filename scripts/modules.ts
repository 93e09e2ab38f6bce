/**
 * The walls of the house, as data: which module of packages/server/src may import which, and which package may
 * import which. `scripts/tidy.ts` fails on an import that these tables do not allow. ARCHITECTURE.md shows the same
 * tables for people; to open a door, change the table here in the same commit and say why there.
 */

/**
 * The modules of the server from the bottom up: every import points up this list (to an earlier line).
 * A module may import what its line names and, through it, what those may import. Everything may import `base`.
 */
const LISTED = {
  base: [],
  db: [],
  bus: ['db'],
  http: [],
  queue: ['db'],
  events: ['queue', 'bus', 'db', 'http'],
  identity: ['events', 'db', 'http'],
  breadcrumbs: ['identity', 'events'],
  secrets: ['identity', 'events'],
  webhooks: ['queue', 'events', 'identity', 'secrets'],
  runs: ['identity', 'events'],
  tools: ['breadcrumbs', 'secrets', 'runs', 'queue'],
  agents: ['tools', 'breadcrumbs', 'secrets', 'runs', 'queue'],
  catalog: ['agents', 'webhooks'],
  instances: ['catalog'],
  messages: ['instances'],
  workflows: ['messages'],
  sources: ['workflows'],
  changes: ['sources'],
  landscape: ['changes'],
  app: ['landscape'],
} as const satisfies Record<string, readonly string[]>;

/** A module of the server: a folder directly in packages/server/src. */
export type ModuleName = keyof typeof LISTED;

/** What each package may import of the others. A new package is for a different runtime or publisher. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  sdk: ['protocol'],
  server: ['protocol'],
  cli: ['protocol', 'sdk', 'server'],
  web: ['protocol', 'sdk'],
  // The panel is the page in a narrower place: it shares the page's theme, ui kit, live connection and chat logic.
  extension: ['protocol', 'sdk', 'web'],
};

/** Every module with all that it may import: the lines above, followed to their end. */
export const MODULES: ReadonlyMap<string, ReadonlySet<string>> = closeUpward(LISTED);

/** Follows each line of a table to its end. Throws when a line names something that does not stand above it. */
export function closeUpward(
  table: Readonly<Record<string, readonly string[]>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const closed = new Map<string, ReadonlySet<string>>();
  for (const [name, listed] of Object.entries(table)) {
    const allowed = new Set<string>(name === 'base' ? [] : ['base']);
    for (const target of listed) {
      const further = closed.get(target);
      if (!further) throw new Error(`${name} may not list ${target}: it does not stand above it`);
      for (const each of [target, ...further]) allowed.add(each);
    }
    closed.set(name, allowed);
  }
  return closed;
}
