import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { addManifest } from './make-manifest.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at('.'),
  base: '/',
  plugins: [react(), tailwindcss(), addManifest()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // What minimum_chrome_version in the manifest says.
    target: 'chrome126',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      input: { panel: at('panel.html'), worker: at('src/worker.ts') },
      output: {
        // The manifest names the worker.
        entryFileNames: ({ name }) => (name === 'worker' ? 'worker.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
});
