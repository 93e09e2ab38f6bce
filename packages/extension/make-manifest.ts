import { readFileSync } from 'node:fs';
import { EXTENSION_PUBLIC_KEY } from '@cairn/protocol';
import type { Plugin } from 'vite';

/** Scripts are our own files and nothing else; the server's address is the reader's choice, so any may be called. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  'connect-src http: https:',
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const ICONS = Object.fromEntries([16, 32, 48, 128].map((size) => [size, `icons/${size}.png`]));

/**
 * The manifest of the extension. It asks for no site: `activeTab` shows the page on which its reader clicked, and a
 * site that is to be shared is asked for by itself. The key makes its id the same on every machine.
 */
export function makeManifest(version: string) {
  return {
    manifest_version: 3,
    name: 'Cairn',
    version,
    description:
      'Your agents beside the page: chat, notes, and the page at hand when you let them.',
    key: EXTENSION_PUBLIC_KEY,
    minimum_chrome_version: '126',
    icons: ICONS,
    action: { default_title: 'Open Cairn beside this page', default_icon: ICONS },
    side_panel: { default_path: 'panel.html' },
    background: { service_worker: 'worker.js', type: 'module' },
    commands: { _execute_action: { suggested_key: { default: 'Alt+Shift+C' } } },
    permissions: ['sidePanel', 'storage', 'activeTab', 'scripting', 'contextMenus'],
    optional_host_permissions: ['http://*/*', 'https://*/*'],
    content_security_policy: { extension_pages: POLICY },
  };
}

/** Adds to the build what is no module: the manifest, and the page's script that sets the theme before the first paint. */
export function addManifest(): Plugin {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  return {
    name: 'cairn:add-manifest',
    apply: 'build',
    transformIndexHtml: () => [
      { tag: 'script', attrs: { src: '/theme.js' }, injectTo: 'head-prepend' },
    ],
    generateBundle() {
      const { version } = JSON.parse(read('package.json')) as { version: string };
      const manifest = JSON.stringify(makeManifest(version), null, 2);
      this.emitFile({ type: 'asset', fileName: 'manifest.json', source: manifest });
      const theme = read('../web/public/theme.js');
      this.emitFile({ type: 'asset', fileName: 'theme.js', source: theme });
    },
  };
}
