import { expect, it } from 'vitest';
import type { DurableContext } from './contract.ts';
import { testingContext } from './testing-context.ts';
import { timer } from './timer.ts';
import { toolConformance } from './tool.conformance.ts';

toolConformance(timer, {
  valid: [{ seconds: 0 }, { seconds: 0, message: 'look again' }],
  invalid: [
    { input: {}, message: /lacks seconds/ },
    { input: { seconds: -1 }, message: /at least 0/ },
    { input: { seconds: 2_592_001 }, message: /at most 2592000/ },
    { input: { seconds: '5' }, message: /must be a number/ },
  ],
});

it('waits for what is left since its request, also when it is asked again after a restart', async () => {
  const context = testingContext();
  const at = (ms: number) => new Date(context.clock.now() - ms).toISOString();
  const asked = (created_at: string) =>
    ({ ...context, request: { created_at } }) as unknown as DurableContext;
  const input = { seconds: 30, message: 'look' };
  expect(await timer.advance(input, asked(at(0)))).toEqual({ type: 'wait', for_ms: 30_000 });
  expect(await timer.advance(input, asked(at(29_500)))).toEqual({ type: 'wait', for_ms: 500 });
  expect(await timer.advance(input, asked(at(31_000)))).toEqual({
    type: 'answer',
    output: { waited_s: 31, due_at: at(1_000), message: 'look' },
  });
});
