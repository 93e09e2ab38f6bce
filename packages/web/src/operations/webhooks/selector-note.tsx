import { useQuery } from '@tanstack/react-query';
import { TriangleAlert } from 'lucide-react';
import { useSession } from '../../session/session.ts';
import { CommandLine } from '../../ui/command-line.tsx';
import { operationKeys } from '../operation-keys.ts';
import { useCaller } from '../use-caller.ts';

/** Says so where the caller has no selectors: then its webhooks are sent nothing. */
export function SelectorNote() {
  const { client } = useSession();
  const caller = useCaller();
  const may_ask = caller?.roles.some((role) => role === 'subscriber' || role === 'curator');
  const selectors = useQuery({
    queryKey: operationKeys.selectors,
    enabled: may_ask === true,
    queryFn: ({ signal }) => client.selectors.list({ signal }),
  });
  if (selectors.data?.length !== 0) return null;
  return (
    <div className="mt-4 flex items-start gap-3 rounded-xl border border-line bg-warn-soft p-4 text-sm">
      <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden />
      <div className="min-w-0 flex-1">
        <p>You have no selectors, so webhooks of your own agent are sent nothing. Make one:</p>
        <div className="mt-2">
          <CommandLine
            command={`curl -X POST ${globalThis.location.origin}/v1/subscriptions/selectors -H 'Authorization: Bearer KEY' -H 'content-type: application/json' -d '{"any_tags":["invoice"]}'`}
          />
        </div>
      </div>
    </div>
  );
}
