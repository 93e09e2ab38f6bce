import fc from 'fast-check';
import { expect, it } from 'vitest';
import { echo } from './echo.ts';
import { runBuiltinTool } from './run-builtin.ts';
import { testingContext } from './testing-context.ts';
import { toolConformance } from './tool.conformance.ts';

toolConformance(echo, {
  valid: [{ message: 'hello' }, { message: '' }, { message: 'x'.repeat(10_000) }],
  invalid: [
    { input: {}, message: /input lacks message \(the fields are message\)/ },
    { input: null, message: /input lacks message/ },
    { input: { message: 5 }, message: /input\.message must be text; 5 came/ },
    { input: { message: null }, message: /input\.message must be text; null came/ },
    { input: { message: 'x'.repeat(10_001) }, message: /at most 10,000 characters.*10,001/ },
    { input: { message: 'a\0b' }, message: /message contains a NUL character/ },
    { input: { message: '\uD800' }, message: /half of a surrogate pair/ },
  ],
});

it('gives back any text unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (message) => {
      fc.pre(!message.includes('\0'));
      const result = await runBuiltinTool(echo, { message }, testingContext());
      expect(result).toEqual({ status: 'success', output: { message } });
    }),
  );
});
