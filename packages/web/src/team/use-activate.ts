import { useQueryClient } from '@tanstack/react-query';
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
    await cache.invalidateQueries();
  };
}
