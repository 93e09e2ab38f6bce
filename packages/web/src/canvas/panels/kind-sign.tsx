import { KIND_LOOKS } from '../draw/kind-looks.ts';
import type { NodeKind } from '../graph/graph.ts';

/** The sign of a kind in its colour. Its name stands beside it, so it is decoration. */
export function KindSign({ kind, className = 'size-3.5' }: { kind: NodeKind; className?: string }) {
  const { sign, colour } = KIND_LOOKS[kind];
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      stroke={`var(${colour})`}
      strokeWidth={2}
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`shrink-0 ${className}`}
      aria-hidden
    >
      <path d={sign} />
    </svg>
  );
}
