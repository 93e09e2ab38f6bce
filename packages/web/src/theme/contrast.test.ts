import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const CSS = readFileSync(new URL('../index.css', import.meta.url), 'utf8');

/** Grounds that ordinary text stands on. */
const GROUNDS = ['ground', 'surface', 'raised', 'sunken', 'accent-soft'];
const TEXTS = ['ink', 'ink-soft', 'ink-faint', 'accent'];
const KINDS = ['message', 'answer', 'request', 'response', 'definition', 'other'].map(
  (kind) => `kind-${kind}`,
);
const PAIRS = [
  ...GROUNDS.flatMap((ground) => TEXTS.map((text) => [text, ground])),
  ...['surface', 'raised'].flatMap((ground) => KINDS.map((kind) => [kind, ground])),
  ['on-accent', 'accent'],
  ['on-accent', 'accent-strong'],
  ...['ground', 'surface', 'raised', 'sunken', 'bad-soft'].map((ground) => ['bad', ground]),
  ...['ground', 'surface', 'raised', 'warn-soft'].map((ground) => ['warn', ground]),
  ...['bad-soft', 'warn-soft'].flatMap((ground) => [
    ['ink', ground],
    ['ink-soft', ground],
  ]),
] as [string, string][];

function coloursOf(selector: string): ReadonlyMap<string, string> {
  const start = CSS.indexOf(`${selector} {`);
  const block = CSS.slice(start, CSS.indexOf('}', start));
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name!, hex!]),
  );
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

/** WCAG 2 contrast of two colours. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

describe.each([
  ['light', ':root'],
  ['dark', "[data-theme='dark']"],
])('the %s theme', (_name, selector) => {
  const colours = coloursOf(selector);

  it.each(PAIRS)('can be read: %s on %s', (text, ground) => {
    expect(contrast(colours.get(text)!, colours.get(ground)!)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['surface', 'raised', 'ground'])('shows where fields end on %s', (ground) => {
    expect(contrast(colours.get('line-strong')!, colours.get(ground)!)).toBeGreaterThanOrEqual(3);
  });
});
