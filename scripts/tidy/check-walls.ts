import path from 'node:path';
import { MODULES, PACKAGES } from '../modules.ts';
import { isTest, isTooling, type Finding, type SourceFile } from './source-tree.ts';

const SERVER = 'packages/server/src/';
/** What tests of other modules may import past the door: conformance suites and what a module makes for tests. */
const FOR_TESTS = /(\.conformance\.ts|(^|\/)testing\.ts)$/;

/** The module a path lies in; `app` for files directly in the server's src and for its whole-server tests. */
function moduleOf(file: string): string | undefined {
  if (file.startsWith('packages/server/test/')) return 'app';
  if (!file.startsWith(SERVER)) return undefined;
  const [first = '', ...rest] = file.slice(SERVER.length).split('/');
  return rest.length === 0 ? 'app' : first;
}

function packageOf(file: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(file)?.[1];
}

/** Imports between modules and packages: only those that scripts/modules.ts allows, and only through the door. */
export function checkWalls(files: readonly SourceFile[]): Finding[] {
  const findings = unknownModules(files);
  for (const file of files) {
    for (const { specifier, line } of file.facts?.imports ?? []) {
      const message = specifier.startsWith('.')
        ? judgeRelative(file.path, path.posix.join(path.posix.dirname(file.path), specifier))
        : judgePackage(file.path, specifier);
      if (message !== undefined) findings.push({ file: file.path, line, message });
    }
  }
  return findings;
}

function unknownModules(files: readonly SourceFile[]): Finding[] {
  const unknown = new Map<string, string>();
  for (const { path: file } of files) {
    const name = moduleOf(file) ?? '';
    if (name !== '' && !MODULES.has(name) && !unknown.has(name)) unknown.set(name, file);
    const pack = packageOf(file);
    if (pack !== undefined && !(pack in PACKAGES) && !unknown.has(pack)) unknown.set(pack, file);
  }
  return [...unknown].map(([name, file]) => ({
    file,
    line: 1,
    message: `"${name}" is not in scripts/modules.ts: add it to the table there with what it may import, or move the file.`,
  }));
}

function judgeRelative(from: string, to: string): string | undefined {
  const [fromPackage, toPackage] = [packageOf(from), packageOf(to)];
  if (fromPackage !== undefined && fromPackage !== toPackage) {
    return toPackage === undefined
      ? `A package imports nothing outside itself (${to}): move what both need into a package.`
      : `Import @cairn/${toPackage} by its name instead of reaching into its folder.`;
  }
  const [fromModule, toModule] = [moduleOf(from), moduleOf(to)];
  if (toModule === undefined || fromModule === toModule) return undefined;
  if (fromModule === undefined && !isTooling(from) && !isTest(from)) return undefined;
  if (fromModule !== undefined && !MODULES.get(fromModule)?.has(toModule)) {
    return `${fromModule} may not import ${toModule}: imports point up the list in scripts/modules.ts. Move the code up, or hand it in from app.`;
  }
  const door = `${SERVER}${toModule}/index.ts`;
  const open = to === door || (moduleOf(to) === 'app' && path.posix.dirname(to) + '/' === SERVER);
  if (open || (FOR_TESTS.test(to) && (isTest(from) || isTooling(from)))) return undefined;
  return `Import ${toModule} through its index.ts, not ${path.posix.relative(SERVER, to)}: export what you need there.`;
}

function judgePackage(from: string, specifier: string): string | undefined {
  const match = /^@cairn\/([^/]+)(\/.*)?$/.exec(specifier);
  const fromPackage = packageOf(from);
  if (!match || fromPackage === undefined) return undefined;
  const [, name = '', deep] = match;
  if (name === fromPackage)
    return `Inside ${name} use relative imports, not the package's own name.`;
  if (!PACKAGES[fromPackage]?.includes(name)) {
    return `${fromPackage} may not import ${name}: scripts/modules.ts says which package may import which.`;
  }
  return deep === undefined
    ? undefined
    : `Import @cairn/${name} itself, not ${specifier}: export what you need from its index.ts.`;
}
