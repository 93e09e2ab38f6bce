import { expect, it } from 'vitest';
import { PARTS, partOf } from './parts.ts';

it('finds the part that an address names, the status when it names none', () => {
  expect(partOf(undefined)?.id).toBe('status');
  for (const part of PARTS) expect(partOf(part.id)).toBe(part);
  expect(partOf('nonsense')).toBeNull();
  expect(partOf('')).toBeNull();
});
