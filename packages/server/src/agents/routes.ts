import { ThreeRolesAnswer, ThreeRolesRequest, type ThreeRolesMessage } from '@cairn/protocol';
import type { HttpServer, Routes } from '../http/index.ts';
import type { ModelMessage } from './models/index.ts';
import type { ThreeRoles } from './run-three-roles.ts';

/** Running a model on request, without a record. */
export function agentRoutes(three_roles: ThreeRoles): Routes {
  return (server: HttpServer) => {
    server.post(
      '/agents/run',
      {
        // Whoever may write records may have agents answer them, which costs the same.
        config: { access: 'breadcrumb.create' },
        schema: {
          summary: 'Answer a conversation: plan, carry out, sum up',
          description:
            'Three calls of one model, three minutes at most. Nothing is stored. 502 when the model or its provider fails.',
          tags: ['agents'],
          body: ThreeRolesRequest,
          response: { 200: ThreeRolesAnswer },
        },
      },
      (request, reply) => {
        const gone = new AbortController();
        // Nobody reads the answer any more, so nobody is to pay for it.
        reply.raw.once('close', () => gone.abort());
        const { model, messages } = request.body;
        return three_roles.run({ model, messages: messages.map(toModelMessage) }, gone.signal);
      },
    );
  };
}

function toModelMessage({ role, content }: ThreeRolesMessage): ModelMessage {
  const text = typeof content === 'string' ? content : content.map((part) => part.text).join('\n');
  return { role, content: text };
}
