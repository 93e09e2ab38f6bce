/** The keys of the query cache. The live connection patches what stands under them. */
export const queryKeys = {
  system: ['system'] as const,
  trail: ['trail'] as const,
  conversations: ['conversations'] as const,
  conversation: (id: string) => ['conversation', id] as const,
  /** Where a list goes on that was read from its newest end. */
  older: (list: readonly unknown[]) => ['older', ...list] as const,
  breadcrumb: (id: string) => ['breadcrumb', id] as const,
  breadcrumb_view: (id: string, view: 'context' | 'full' | 'history') =>
    ['breadcrumb', id, view] as const,
};
