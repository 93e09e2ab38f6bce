import path from 'node:path';
import { MODULES } from '../modules.ts';
import { type Finding, type Rule, type SourceFile } from './source-tree.ts';

/** Every rule of this file, in the order in which they are reported. */
export const NAME_RULES: readonly Rule[] = [
  checkFileNames,
  checkMachinePaths,
  checkMigrations,
  checkRegistries,
];

function checkFileNames(files: readonly SourceFile[]): Finding[] {
  return files
    .filter(({ path: file }) =>
      /(^|[-_.])(utils?|helpers?|managers?)([-_.]|$)/i.test(path.posix.basename(file)),
    )
    .map(({ path: file }) => ({
      file,
      line: 1,
      message:
        'Name the file after what it does (verb-noun): "utils", "helpers" and "manager" say nothing and collect everything.',
    }));
}

/** Folders that exist only on the machines where Cairn is written. */
const MACHINE_PATH = /(^|[^A-Za-z0-9_.])\/(work|farm)\//;

function checkMachinePaths(files: readonly SourceFile[]): Finding[] {
  return files.flatMap(({ path: file, text }) =>
    text.split('\n').flatMap((line, index) =>
      MACHINE_PATH.test(line)
        ? [
            {
              file,
              line: index + 1,
              message: 'A path of one machine: write it relative to the repository.',
            },
          ]
        : [],
    ),
  );
}

function checkMigrations(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  const numbers = new Map<string, string>();
  for (const { path: file } of files.filter((each) =>
    each.path.startsWith('packages/server/migrations/'),
  )) {
    const match = /^(\d{4})_([a-z]+)_[a-z0-9_]+\.sql$/.exec(path.posix.basename(file));
    const [, number = '', module = ''] = match ?? [];
    const earlier = numbers.get(number);
    let message: string | undefined;
    if (!match)
      message = 'A migration is named NNNN_module_what.sql, for example 0007_queue_priority.sql.';
    else if (!MODULES.has(module))
      message = `"${module}" is not a module: a migration is named NNNN_module_what.sql after the module that owns its tables.`;
    else if (earlier !== undefined)
      message = `${earlier} has this number already: migrations run in the order of their numbers, take the next free one.`;
    if (message !== undefined) findings.push({ file, line: 1, message });
    numbers.set(number, path.posix.basename(file));
  }
  return findings;
}

/**
 * A registry is a file named registry.ts in the server; its entries are the files that it imports (not their types)
 * by relative path. Each entry has a test: `<entry>.test.ts` beside it, or a test in the registry's folder (or below
 * it) that names it, as one that calls the conformance suite for `'echo'` names `echo.ts`.
 */
function checkRegistries(files: readonly SourceFile[]): Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const registries = files.filter(({ path: file }) =>
    /^packages\/server\/src\/.+\/registry\.ts$/.test(file),
  );
  return registries.flatMap((registry) => {
    const folder = path.posix.dirname(registry.path);
    const tests = files.filter(
      ({ path: file }) => file.startsWith(`${folder}/`) && file.endsWith('.test.ts'),
    );
    const entries = (registry.facts?.imports ?? []).filter(
      ({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly,
    );
    return entries.flatMap(({ specifier, line }) => {
      const entry = path.posix.join(folder, specifier);
      if (path.posix.basename(entry) === 'index.ts') return [];
      const own = entry.replace(/\.tsx?$/, '.test.ts');
      const name = path.posix.basename(entry, '.ts');
      const named = tests.some(({ text }) =>
        new RegExp(`[\\s'"\`/]${name}(\\.ts)?['"\`\\s]`).test(text),
      );
      if (byPath.has(own) || named) return [];
      const message = `${specifier} is in the registry without a test: write ${path.posix.basename(own)}, or call the conformance suite for it in a test of this folder that names '${name}'.`;
      return [{ file: registry.path, line, message }];
    });
  });
}
