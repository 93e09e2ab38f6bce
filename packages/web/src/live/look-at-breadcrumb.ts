import type { BreadcrumbContext, BreadcrumbFull } from '@cairn/protocol';
import { CairnError, type CairnClient } from '@cairn/sdk';

interface Options {
  readonly signal?: AbortSignal;
}

/** All that is stored of a breadcrumb. Whoever looks at a record whose TTL is by use must not use it up. */
export function lookAtFull(
  client: CairnClient,
  id: string,
  options: Options = {},
): Promise<BreadcrumbFull> {
  return client.getBreadcrumbFull(id, { ...options, count_read: false });
}

/**
 * A breadcrumb without using it up. Who may see its context alone can only read it, which counts where its TTL is by use.
 */
export async function lookAt(
  client: CairnClient,
  id: string,
  options: Options = {},
): Promise<BreadcrumbContext> {
  try {
    return await lookAtFull(client, id, options);
  } catch (error) {
    if (!(error instanceof CairnError && error.status === 404)) throw error;
    return client.getBreadcrumb(id, options);
  }
}
