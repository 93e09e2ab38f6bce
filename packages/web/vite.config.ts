import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { checkBundleSize } from './check-bundle-size.ts';

/** Where `npm start` listens; the development server passes these paths on to it. */
const SERVER = 'http://127.0.0.1:8081';
const SERVER_PATHS = [
  '/auth',
  '/breadcrumbs',
  '/events',
  '/health',
  '/v1',
  '/docs',
  '/openapi.json',
];

export default defineConfig({
  base: '/',
  plugins: [react(), tailwindcss(), checkBundleSize()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'baseline-widely-available',
    // The page's Content-Security-Policy has no data: scripts and no inline ones.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The budget is checked compressed, by checkBundleSize; this warning counts uncompressed bytes.
    chunkSizeWarningLimit: 1_000,
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: Object.fromEntries(
      SERVER_PATHS.map((path) => [
        path,
        {
          target: SERVER,
          changeOrigin: true,
          // In dev mode the server refuses foreign origins, and this development server is one.
          configure: (proxy) => proxy.on('proxyReq', (request) => request.removeHeader('origin')),
        },
      ]),
    ),
  },
});
