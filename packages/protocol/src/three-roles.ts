import { Type, type Static } from 'typebox';

const Text = Type.String({ maxLength: 500_000 });

/** A message of a conversation that `POST /v1/agents/run` answers. */
export const ThreeRolesMessage = Type.Object({
  role: Type.Enum(['system', 'user', 'assistant']),
  content: Type.Union([
    Text,
    Type.Array(Type.Object({ type: Type.Literal('text'), text: Text }), { maxItems: 100 }),
  ]),
});
export type ThreeRolesMessage = Static<typeof ThreeRolesMessage>;

const Unused = (maxLength: number) =>
  Type.Optional(
    Type.Union([Type.String({ maxLength }), Type.Null()], {
      description: 'Taken from clients of the original and not used',
    }),
  );

/** Body of `POST /v1/agents/run`: a model answers a conversation in three steps, and nothing is stored. */
export const ThreeRolesRequest = Type.Object({
  model: Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'As `provider/model`, as OpenRouter names it, or `demo`',
  }),
  messages: Type.Array(ThreeRolesMessage, { minItems: 1, maxItems: 200 }),
  referer: Unused(2_000),
  site_title: Unused(500),
});
export type ThreeRolesRequest = Static<typeof ThreeRolesRequest>;

/** What each of the three steps wrote. */
export const ThreeRolesAnswer = Type.Object({
  agent1_plan: Type.String(),
  agent2_execution: Type.String(),
  agent3_summary: Type.String(),
  final_answer: Type.String(),
});
export type ThreeRolesAnswer = Static<typeof ThreeRolesAnswer>;
