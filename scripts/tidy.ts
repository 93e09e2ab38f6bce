/**
 * Checks what a linter does not know: the walls between modules, where SQL and the environment may be touched,
 * the injected clock, tests of registry entries, sizes, names. Prints `file:line: what to do` and fails.
 *
 *     node scripts/tidy.ts [folder]
 */
import { fileURLToPath } from 'node:url';
import { CODE_RULES } from './tidy/check-code.ts';
import { NAME_RULES } from './tidy/check-names.ts';
import { checkWalls } from './tidy/check-walls.ts';
import { readTree, type Finding } from './tidy/source-tree.ts';

/** Everything that the rules find in the repository at `root`, by file and line. */
export function tidy(root: string): Finding[] {
  const files = readTree(root);
  const findings = [checkWalls, ...CODE_RULES, ...NAME_RULES].flatMap((rule) => rule(files));
  return findings.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

if (import.meta.main) {
  const findings = tidy(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
  for (const { file, line, message } of findings) console.error(`${file}:${line}: ${message}`);
  if (findings.length > 0) {
    console.error(`\n${findings.length} to mend. The rules and their reasons: CONTRIBUTING.md.`);
    process.exitCode = 1;
  }
}
