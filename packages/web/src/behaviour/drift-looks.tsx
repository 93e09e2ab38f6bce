import type { BehaviorDrift, Severity } from '@cairn/protocol';
import { StatusBadge } from '../ui/badge.tsx';
import { SEVERITIES } from './describe-drift.ts';

/** How large a drift is, as sign and word. */
export function SeverityBadge({ severity }: { severity: Severity }) {
  const { tone, word } = SEVERITIES[severity];
  return <StatusBadge tone={tone}>{word}</StatusBadge>;
}

/** Whether somebody has looked at a drift. */
export function ResolvedBadge({ drift }: { drift: BehaviorDrift }) {
  return drift.resolved_at === null ? (
    <StatusBadge tone="warn">Unresolved</StatusBadge>
  ) : (
    <StatusBadge tone="good">Resolved</StatusBadge>
  );
}
