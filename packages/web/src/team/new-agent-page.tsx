import { SCHEMAS } from '@cairn/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useSession } from '../session/session.ts';
import { newId } from '../ui/new-id.ts';
import { Page } from '../ui/page.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { NEW_AGENT } from './agent-draft.ts';
import { AgentForm } from './agent-form.tsx';

/** Makes an agent. */
export function NewAgentPage() {
  const { client } = useSession();
  const navigate = useNavigate();
  const toaster = useToaster();
  // The same for every try, so that an answer that was lost makes no second agent.
  const [idempotency_key] = useState(newId);
  return (
    <Page title="New agent" width="text">
      <AgentForm
        initial={NEW_AGENT}
        before={null}
        verb="Create the agent"
        onSave={async (context) => {
          const name = String(context['agent_id']);
          const body = {
            title: `Agent: ${name}`,
            schema_name: SCHEMAS.agent_definition,
            tags: ['agent:def', 'workspace:agents'],
            context,
          };
          const { id } = await client.createBreadcrumb(body, { idempotency_key });
          toaster.done(`${name} was created`);
          await navigate({ to: '/team/agents/$id', params: { id } });
        }}
      />
    </Page>
  );
}
