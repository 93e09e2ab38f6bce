import { describe, expect, it } from 'vitest';
import { isPlaceOf, PLACES } from './places.ts';

describe('the places of the navigation', () => {
  it('have addresses and letters of their own', () => {
    expect(new Set(PLACES.map(({ to }) => to)).size).toBe(PLACES.length);
    expect(new Set(PLACES.map(({ key }) => key)).size).toBe(PLACES.length);
  });

  it('know the pages below them, and no others', () => {
    const at = (path: string) => PLACES.filter((each) => isPlaceOf(each, path)).map(({ to }) => to);
    expect(at('/')).toEqual(['/']);
    expect(at('/runs/0190')).toEqual(['/runs']);
    expect(at('/runsome')).toEqual([]);
  });
});
