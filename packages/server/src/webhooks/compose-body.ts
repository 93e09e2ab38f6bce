import type { BreadcrumbEvent } from '@cairn/protocol';
import type { LoggedEvent } from '../events/index.ts';

/** The event as the stream sends it. A create goes by the name that every stream carries. */
export function composeBody(event: LoggedEvent): string {
  const { seq, breadcrumb_id, owner_id, version, title, tags, schema_name } = event;
  const { updated_at, updated_by, context } = event;
  const body: BreadcrumbEvent = {
    type: 'breadcrumb.updated',
    seq,
    breadcrumb_id,
    owner_id,
    version,
    title,
    tags: [...tags],
    schema_name,
    updated_at,
    updated_by,
    ...(context === null ? {} : { context }),
  };
  return JSON.stringify(body);
}
