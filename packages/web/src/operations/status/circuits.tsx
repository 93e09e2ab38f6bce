import type { ModelCircuit } from '@cairn/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { PlugZap } from 'lucide-react';
import { useSession } from '../../session/session.ts';
import { StatusBadge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { useNow } from '../../ui/clock.ts';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { formatDuration } from '../../ui/format-time.ts';
import { Section } from '../../ui/page.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { useToaster } from '../../ui/toasts.tsx';
import { operationKeys } from '../operation-keys.ts';

const REFRESH_MS = 10_000;

/** Keys of model providers that nobody calls with for now, and the way to let one be used again. */
export function Circuits() {
  const { client } = useSession();
  const circuits = useQuery({
    queryKey: operationKeys.circuits,
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) => client.registry.circuits({ signal }),
  });
  return (
    <Section title="Model providers" {...(circuits.data ? { count: circuits.data.length } : {})}>
      <DataTable
        label="Keys of providers that are held back"
        rows={circuits}
        columns={COLUMNS}
        rowKey={({ fingerprint }) => fingerprint}
        empty={
          <p className="rounded-xl border border-line bg-raised p-4 text-sm">
            <StatusBadge tone="good">No key of a provider is held back</StatusBadge>
          </p>
        }
      />
    </Section>
  );
}

const COLUMNS: readonly Column<ModelCircuit>[] = [
  {
    key: 'provider',
    name: 'Provider',
    cell: ({ provider }) => <StatusBadge tone="bad">{provider}</StatusBadge>,
  },
  { key: 'reason', name: 'Reason', cell: ({ reason }) => <span title={reason}>{reason}</span> },
  { key: 'failures', name: 'Failures', is_number: true, cell: ({ failures }) => failures },
  {
    key: 'opened',
    name: 'Since',
    is_minor: true,
    cell: ({ opened_at }) => <TimeAgo at={Date.parse(opened_at)} />,
  },
  { key: 'retry', name: 'Next try', cell: ({ retry_at }) => <Until at={Date.parse(retry_at)} /> },
  { key: 'close', name: 'Action', cell: (circuit) => <CloseButton circuit={circuit} /> },
];

function Until({ at }: { at: number }) {
  const left = at - useNow();
  return <>{left > 0 ? `in ${formatDuration(left)}` : 'with the next call'}</>;
}

function CloseButton({ circuit }: { circuit: ModelCircuit }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const close = async () => {
    try {
      await client.registry.closeCircuit(circuit.fingerprint);
      toaster.done(`The key of ${circuit.provider} may be used again`);
    } catch (error) {
      toaster.failed('The key is still held back', error);
    }
    await cache.invalidateQueries({ queryKey: operationKeys.circuits });
  };
  return (
    <Button className="text-xs" onClick={() => void close()}>
      <PlugZap className="size-3.5" aria-hidden />
      Let it be used again
    </Button>
  );
}
