import { describe, expect, it } from 'vitest';
import { readStepParts } from './read-step-parts.ts';

describe('the parts of a step', () => {
  it('are found under the names of different tracers, and what is left stays', () => {
    const metadata = { 'input.value': '{"city":"Bern"}', output: 'Sunny', error: 'late', tries: 2 };
    expect(readStepParts({ metadata })).toEqual({
      input: { city: 'Bern' },
      output: 'Sunny',
      error: 'late',
      metadata: { tries: 2 },
    });
  });

  it('are undefined when there are none', () => {
    expect(readStepParts({ metadata: { input: null } })).toEqual({
      input: undefined,
      output: undefined,
      error: undefined,
      metadata: { input: null },
    });
  });

  it('stay text when they only look like JSON', () => {
    expect(readStepParts({ metadata: { input: '{not json' } }).input).toBe('{not json');
  });
});
