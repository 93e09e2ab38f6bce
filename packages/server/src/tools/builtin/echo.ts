import { Type, type Static } from 'typebox';
import type { BuiltinTool } from './contract.ts';

const input_schema = Type.Object(
  {
    message: Type.String({
      maxLength: 10_000,
      description: 'The text to give back, at most 10,000 characters.',
    }),
  },
  { additionalProperties: false },
);

const output_schema = Type.Object({
  message: Type.String({ description: 'The text that was given, unchanged.' }),
});

/** Gives back what it is given: the shortest way to see that tool calls work. */
export const echo: BuiltinTool<Static<typeof input_schema>, Static<typeof output_schema>> = {
  name: 'echo',
  description:
    'Gives back the message unchanged. Use it only to check that tool calls work. ' +
    'Example: {"message": "hello"} answers {"message": "hello"}.',
  input_schema,
  output_schema,
  async execute({ message }) {
    return { message };
  },
};
