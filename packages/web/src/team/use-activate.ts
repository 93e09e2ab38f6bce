import { useQueryClient } from '@tanstack/react-query';
import { queryKeys } from '../live/query-keys.ts';
import { useSession } from '../session/session.ts';
import { useToaster } from '../ui/toasts.tsx';

/** Lets a proposed definition count, and has everything about it read again. */
export function useActivate(): (id: string) => Promise<void> {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  return async (id) => {
    try {
      await client.registry.activateDefinition(id);
      toaster.done('The definition counts now');
    } catch (error) {
      toaster.failed('It was not activated', error);
    }
    const concerned = [['agents'], ['tools'], ['home', 'agents'], queryKeys.breadcrumb(id)];
    await Promise.all(concerned.map((queryKey) => cache.invalidateQueries({ queryKey })));
  };
}
