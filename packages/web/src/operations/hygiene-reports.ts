import type { BreadcrumbVersion } from '@cairn/protocol';

/** The schema of the reports of hygiene. */
export const HYGIENE_REPORT = 'system.hygiene.v1';

/** What was removed of the tenant between two moments, by kind. */
export interface HygieneReport {
  readonly version: number;
  readonly since: string | null;
  readonly until: string | null;
  readonly removed: readonly { readonly kind: string; readonly count: number }[];
}

/** A version of the report record as a report; what does not look like one is left out of it. */
export function readReport({
  version,
  context,
}: Pick<BreadcrumbVersion, 'version' | 'context'>): HygieneReport {
  const fields: Readonly<Record<string, unknown>> = isObject(context) ? context : {};
  const { since, until, removed } = fields;
  const counts = isObject(removed) ? Object.entries(removed) : [];
  return {
    version,
    since: typeof since === 'string' ? since : null,
    until: typeof until === 'string' ? until : null,
    removed: counts.flatMap(([kind, count]) =>
      typeof count === 'number' ? [{ kind: kind.replaceAll('_', ' '), count }] : [],
    ),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** What was removed, as a sentence. */
export function describeRemoved({ removed }: HygieneReport): string {
  const some = removed.filter(({ count }) => count > 0);
  return some.length === 0
    ? 'nothing'
    : some.map(({ kind, count }) => `${count} ${kind}`).join(', ');
}
