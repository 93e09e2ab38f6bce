import type { SecretScope } from '@cairn/protocol';
import { AgentName } from '../agent-name.tsx';

/** For whom a secret is. */
export function ScopeName({ scope, id }: { scope: SecretScope; id: string | null }) {
  if (scope === 'global' || id === null) return <>Whole tenant</>;
  if (scope === 'agent') return <AgentName id={id} />;
  return <span title={id}>Workspace …{id.slice(-8)}</span>;
}
