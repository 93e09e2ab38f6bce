import { gzipSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';

/** The page must open quickly on a slow line: the scripts and styles that its first load takes, compressed. */
const BYTES_AT_MOST = 250_000;
/** Where the navigation begins, with what it imports: chunks that are loaded on demand count here. */
const FIRST_PAGE = 'src/home/home-page.tsx';

/** Ends the build when the first load has grown beyond its budget, and says by how much. */
export function checkBundleSize(): Plugin {
  return {
    name: 'cairn:check-bundle-size',
    apply: 'build',
    generateBundle(_options, bundle) {
      const total = firstFiles(bundle).reduce(
        (sum, file) => sum + gzipSync(file.type === 'chunk' ? file.code : file.source).byteLength,
        0,
      );
      this.info(`first load: ${total} bytes compressed, of ${BYTES_AT_MOST}`);
      if (total <= BYTES_AT_MOST) return;
      this.error(
        `the first load has ${total} bytes compressed; its budget is ${BYTES_AT_MOST}. Load on demand what it does not show.`,
      );
    },
  };
}

/** What a browser fetches to show the home page: the entry, that page, all that they import, and their styles. */
function firstFiles(bundle: Rolldown.OutputBundle): Rolldown.OutputBundle[string][] {
  const names = new Set<string>();
  const add = (name: string): void => {
    const file = bundle[name];
    if (file === undefined || names.has(name)) return;
    names.add(name);
    if (file.type !== 'chunk') return;
    for (const each of [...file.imports, ...(file.viteMetadata?.importedCss ?? [])]) add(each);
  };
  for (const file of Object.values(bundle)) {
    if (file.type !== 'chunk') continue;
    if (file.isEntry || file.facadeModuleId?.endsWith(FIRST_PAGE)) add(file.fileName);
  }
  return [...names].flatMap((name) => bundle[name] ?? []);
}
