import { Type, type Static } from 'typebox';
import type { HttpServer, Routes } from '../http/index.ts';
import type { ModelMessage } from './models/index.ts';
import type { ThreeRoles } from './run-three-roles.ts';

const Text = Type.String({ maxLength: 500_000 });

const Message = Type.Object({
  role: Type.Enum(['system', 'user', 'assistant']),
  content: Type.Union([
    Text,
    Type.Array(Type.Object({ type: Type.Literal('text'), text: Text }), { maxItems: 100 }),
  ]),
});

const RunRequest = Type.Object({
  model: Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'As `provider/model`, as OpenRouter names it, or `demo`',
  }),
  messages: Type.Array(Message, { minItems: 1, maxItems: 200 }),
  referer: Type.Optional(
    Type.Union([Type.String({ maxLength: 2_000 }), Type.Null()], {
      description: 'Taken from clients of the original and not used',
    }),
  ),
  site_title: Type.Optional(
    Type.Union([Type.String({ maxLength: 500 }), Type.Null()], {
      description: 'Taken from clients of the original and not used',
    }),
  ),
});

const RunAnswer = Type.Object({
  agent1_plan: Type.String(),
  agent2_execution: Type.String(),
  agent3_summary: Type.String(),
  final_answer: Type.String(),
});

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
          body: RunRequest,
          response: { 200: RunAnswer },
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

function toModelMessage({ role, content }: Static<typeof Message>): ModelMessage {
  const text = typeof content === 'string' ? content : content.map((part) => part.text).join('\n');
  return { role, content: text };
}
