import { Type, type Static } from 'typebox';
import type { DurableTool } from './contract.ts';

const SECONDS_MAX = 2_592_000;

const input_schema = Type.Object(
  {
    seconds: Type.Number({
      minimum: 0,
      maximum: SECONDS_MAX,
      description: 'How long to wait, up to 30 days (2592000).',
    }),
    message: Type.Optional(
      Type.String({ maxLength: 2_000, description: 'Comes back with the answer, as a reminder.' }),
    ),
  },
  { additionalProperties: false },
);

const output_schema = Type.Object({
  waited_s: Type.Number({ description: 'Seconds from the request to the answer.' }),
  due_at: Type.String({ description: 'When the time was over (RFC 3339, UTC).' }),
  message: Type.Union([Type.String(), Type.Null()], { description: 'The message that was given.' }),
});

/** Answers when the time since its request is over, whatever was started anew meanwhile. */
export const timer: DurableTool<Static<typeof input_schema>, Static<typeof output_schema>> = {
  name: 'timer',
  description:
    'Waits, then answers. Use it to do something later in the same conversation; for repeated or far off times use scheduler. ' +
    'Example: {"seconds": 30, "message": "look again"} answers {"waited_s": 30, …} after half a minute.',
  input_schema,
  output_schema,
  async advance({ seconds, message }, { request, clock }) {
    const began = Date.parse(request.created_at);
    const due = began + seconds * 1_000;
    const now = clock.now();
    if (now < due) return { type: 'wait', for_ms: Math.ceil(due - now) };
    return {
      type: 'answer',
      output: {
        waited_s: Math.max(0, now - began) / 1_000,
        due_at: new Date(due).toISOString(),
        message: message ?? null,
      },
    };
  },
};
