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
  is_off = false,
}: {
  status: RegistryAgent['status'];
  reason: string | null;
  /** Nothing is wrong with it, but this server does not offer it. */
  is_off?: boolean;
}) {
  if (is_off) {
    return (
      <span title={reason ?? undefined}>
        <StatusBadge tone="calm">switched off</StatusBadge>
      </span>
    );
  }
  return (
    <span title={reason ?? undefined}>
      <StatusBadge tone={TONES[status]}>{status}</StatusBadge>
    </span>
  );
}
