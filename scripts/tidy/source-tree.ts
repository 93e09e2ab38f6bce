import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { readFacts, type Facts } from './read-facts.ts';

/** Something that a rule found: where, and a sentence that says what to do. Lines count from 1. */
export interface Finding {
  file: string;
  line: number;
  message: string;
}

/** One file of the repository. Paths are relative to its root, with `/`. */
export interface SourceFile {
  path: string;
  text: string;
  /** What a parser read in it; undefined for everything but TypeScript and JavaScript. */
  facts: Facts | undefined;
}

/** Looks at all files at once, because some rules ask whether another file exists. */
export type Rule = (files: readonly SourceFile[]) => Finding[];

/** Files that nobody writes by hand. */
const GENERATED = /(^|\/)package-lock\.json$|\.gen\.ts$|(^|\/)schema\.sql$/;
const TEXT =
  /\.(ts|tsx|mts|js|mjs|cjs|json|jsonc|sql|md|css|html|sh|ya?ml|py|toml|txt)$|(^|\/)[^./]+$|(^|\/)\.[^/]+$/;
const CODE = /\.(ts|tsx|mts|js|mjs|cjs)$/;

/** Reads every file that git tracks or would track, in the order of their paths. */
export function readTree(root: string): SourceFile[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const paths = [...new Set(listed.split('\0'))].filter((file) => TEXT.test(file)).sort();
  const files: SourceFile[] = [];
  for (const file of paths) {
    if (GENERATED.test(file)) continue;
    const stat = fs.statSync(path.join(root, file), { throwIfNoEntry: false });
    if (!stat?.isFile()) continue;
    const text = fs.readFileSync(path.join(root, file), 'utf8');
    files.push({ path: file, text, facts: CODE.test(file) ? readFacts(file, text) : undefined });
  }
  return files;
}

/** Whether a file is a test or exists only for tests: these may reach further than the product's code. */
export function isTest(file: string): boolean {
  return (
    /\.(test|conformance)\.tsx?$/.test(file) ||
    /(^|\/)(test|testing)\//.test(file) ||
    /(^|\/)testing\.ts$/.test(file)
  );
}

/** Whether a file runs beside the product: checks, benchmarks, configuration of tools. */
export function isTooling(file: string): boolean {
  return /^(scripts|bench|journeys)\//.test(file) || /(^|\/)[\w.]+\.config\.ts$/.test(file);
}
