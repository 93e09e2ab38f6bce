import { WELL_KNOWN, type RegistryAgent } from '@cairn/protocol';
import { expect, it } from 'vitest';
import { labelOf, orderAgents } from './agent-names.ts';

const agent = (id: string, name: string) => ({ id, name }) as RegistryAgent;
const DEFINED = [agent('0190-b', 'writer'), agent('0190-a', 'assistant')];

it('calls agents as their definition does, built-in ones by what they do, others by the end of their id', () => {
  expect(labelOf('0190-b', DEFINED)).toEqual({ name: 'writer', is_defined: true });
  expect(labelOf(WELL_KNOWN.tools_runner, DEFINED)).toEqual({
    name: 'Tools runner',
    is_defined: false,
  });
  expect(labelOf('019361aa-0000-7000-8000-00001234abcd', DEFINED).name).toBe('…1234abcd');
});

it('puts those first that have a name', () => {
  const ids = ['unknown', WELL_KNOWN.person, '0190-b', '0190-a'];
  expect(orderAgents(ids, DEFINED)).toEqual(['0190-a', '0190-b', WELL_KNOWN.person, 'unknown']);
});
