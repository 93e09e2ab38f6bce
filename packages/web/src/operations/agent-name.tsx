import { Link } from '@tanstack/react-router';
import { labelOf } from './agent-names.ts';
import { useDefinitions } from './use-agents.ts';

/** An agent by its name, with its id as tooltip; a link where it has a page. */
export function AgentName({ id }: { id: string }) {
  const { name, is_defined } = labelOf(id, useDefinitions());
  if (!is_defined) return <span title={id}>{name}</span>;
  return (
    <Link
      to="/team/agents/$id"
      params={{ id }}
      title={id}
      // Above the link that covers a row.
      className="relative z-10 underline-offset-4 hover:underline"
    >
      {name}
    </Link>
  );
}
