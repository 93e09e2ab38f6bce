import type { RegistryAgent } from '@cairn/protocol';
import { StatusBadge, type Tone } from '../ui/badge.tsx';

const TONES: Readonly<Record<RegistryAgent['status'], Tone>> = {
  active: 'good',
  proposed: 'warn',
  invalid: 'bad',
};

/** Whether a definition of an agent or a tool counts; the reason why not is its tooltip. */
export function DefinitionStatus({
  status,
  reason,
}: {
  status: RegistryAgent['status'];
  reason: string | null;
}) {
  return (
    <span title={reason ?? undefined}>
      <StatusBadge tone={TONES[status]}>{status}</StatusBadge>
    </span>
  );
}
