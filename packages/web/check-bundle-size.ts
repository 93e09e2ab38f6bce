import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** The page must open quickly on a slow line: all of its scripts and styles together, compressed. */
const BYTES_AT_MOST = 250_000;

/** Ends the build when the page has grown beyond its budget, and says by how much. */
export function checkBundleSize(): Plugin {
  return {
    name: 'cairn:check-bundle-size',
    apply: 'build',
    generateBundle(_options, bundle) {
      const sizes = Object.values(bundle).map(
        (file) => gzipSync(file.type === 'chunk' ? file.code : file.source).byteLength,
      );
      const total = sizes.reduce((sum, size) => sum + size, 0);
      if (total <= BYTES_AT_MOST) return;
      this.error(`the page has ${total} bytes compressed; its budget is ${BYTES_AT_MOST}`);
    },
  };
}
