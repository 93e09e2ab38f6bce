import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PLACES } from './places.ts';

const read = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)));

interface Manifest {
  readonly start_url: string;
  readonly display: string;
  readonly icons: readonly { src: string; sizes: string; type: string; purpose?: string }[];
  readonly shortcuts: readonly { url: string }[];
}

/** Width and height of a PNG stand right behind its signature. */
const sizeOf = (png: Buffer): string => `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`;

describe('the page as an application', () => {
  const manifest = JSON.parse(read('public/manifest.webmanifest').toString()) as Manifest;

  it('has what browsers ask for before they install it', () => {
    expect(read('index.html').toString()).toContain('href="/manifest.webmanifest"');
    expect(manifest).toMatchObject({ start_url: '/', display: 'standalone' });
    const pictures = manifest.icons.filter(({ type }) => type === 'image/png');
    expect(pictures.map(({ sizes }) => sizes)).toEqual(
      expect.arrayContaining(['192x192', '512x512']),
    );
    expect(pictures.some(({ purpose }) => purpose === 'maskable')).toBe(true);
    for (const { src, sizes } of pictures) expect(sizeOf(read(`public${src}`))).toBe(sizes);
  });

  it('has shortcuts to places that there are', () => {
    const paths = PLACES.map(({ path }) => path);
    for (const { url } of manifest.shortcuts) expect(paths).toContain(url);
  });
});
