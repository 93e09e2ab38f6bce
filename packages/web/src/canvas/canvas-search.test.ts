import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSearch, readTexts, stringifySearch } from '../routes/search.ts';
import { MODES, readSettings, writeSettings } from './canvas-search.ts';
import { EDGE_KINDS, NODE_KINDS } from './graph/graph.ts';
import { LAYOUTS } from './layouts/layout.ts';

const text = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
const settings = fc.record({
  mode: fc.constantFrom(...MODES),
  layout: fc.constantFrom(...LAYOUTS),
  filter: fc.record({
    q: fc.string({ maxLength: 20, unit: 'grapheme' }),
    tags: fc.array(text, { maxLength: 3 }),
    kinds: fc.subarray([...NODE_KINDS]),
    edges: fc.subarray([...EDGE_KINDS]),
  }),
  selected: fc.array(text, { maxLength: 3 }),
});

describe('the settings of the canvas', () => {
  it('are the same after they stood in an address', () => {
    fc.assert(
      fc.property(settings, (value) => {
        const address = stringifySearch(writeSettings(value));
        expect(readSettings(readTexts(parseSearch(address)))).toEqual(value);
      }),
    );
  });

  it('leave nothing in the address when they are at their defaults', () => {
    expect(stringifySearch(writeSettings(readSettings({})))).toBe('');
  });

  it('survive an address that somebody wrote by hand', () => {
    const read = readSettings({
      mode: '4d',
      layout: 'x',
      tags: '%,a',
      kinds: 'tool,x',
      edges: '-',
    });
    expect(read).toEqual({
      mode: '2d',
      layout: 'grid',
      filter: { q: '', tags: ['%', 'a'], kinds: ['tool'], edges: [] },
      selected: [],
    });
  });

  it('hold no more selected nodes than an address can', () => {
    const selected = Array.from({ length: 500 }, (_, at) => `id-${at}`);
    const written = writeSettings({ ...readSettings({}), selected });
    expect(readSettings(written).selected).toEqual(selected.slice(0, 50));
  });
});
