/**
 * Checks that the documents say what is true: docs/errors.md lists the error codes, docs/dependencies.md gives a
 * reason for each dependency, links lead somewhere, the README's quick start is two commands, examples parse.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';
import { ERROR_CODES } from '../packages/protocol/src/index.ts';
import { readTree, type Finding, type SourceFile } from './tidy/source-tree.ts';

/** The statuses by code, as the protocol package has them. */
export type Codes = Readonly<Record<string, { readonly status: number }>>;

interface Line {
  text: string;
  /** From 1. */
  number: number;
  /** The language of the fenced block it stands in, or undefined outside of one. */
  fence: string | undefined;
}

/** Everything wrong in the documents of the repository at `root`, by file and line. */
export function checkDocs(root: string, codes: Codes): Finding[] {
  const files = readTree(root);
  const documents = files.filter((file) => file.path.endsWith('.md'));
  return [
    ...checkErrors(documents, codes),
    ...checkDependencies(documents, files),
    ...checkLinks(documents, root),
    ...checkQuickStart(documents),
    ...checkExamples(documents),
    ...checkChangelog(documents),
  ];
}

function linesOf(document: SourceFile): Line[] {
  let fence: string | undefined;
  return document.text.split('\n').map((text, index) => {
    const mark = /^\s*(```+|~~~+)\s*([\w-]*)/.exec(text);
    const line = { text, number: index + 1, fence };
    if (mark) fence = fence === undefined ? (mark[2] ?? '') : undefined;
    return mark ? { ...line, fence: '' } : line;
  });
}

function find(documents: readonly SourceFile[], file: string): SourceFile | Finding {
  return (
    documents.find((each) => each.path === file) ?? {
      file,
      line: 1,
      message: 'This document is missing.',
    }
  );
}

function checkErrors(documents: readonly SourceFile[], codes: Codes): Finding[] {
  const document = find(documents, 'docs/errors.md');
  if (!('text' in document)) return [document];
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const { text, number } of linesOf(document)) {
    const [, code, status] = /^\|\s*`([a-z_]+)`\s*\|\s*(\d+)\s*\|/.exec(text) ?? [];
    if (code === undefined) continue;
    const at = { file: document.path, line: number };
    if (seen.has(code)) findings.push({ ...at, message: `${code} is listed twice.` });
    seen.add(code);
    const known = codes[code];
    if (!known) {
      findings.push({
        ...at,
        message: `${code} is no code in packages/protocol/src/error-codes.ts: remove its line.`,
      });
    } else if (known.status !== Number(status)) {
      findings.push({ ...at, message: `${code} has the status ${known.status}, not ${status}.` });
    }
  }
  const missing = Object.keys(codes).filter((code) => !seen.has(code));
  return [
    ...findings,
    ...missing.map((code) => ({
      file: document.path,
      line: 1,
      message: `${code} is missing: add its line.`,
    })),
  ];
}

/** The dependencies that need a reason, by the heading under which it stands. */
function dependenciesByHeading(files: readonly SourceFile[]): Map<string, Set<string>> {
  const wanted = new Map<string, Set<string>>([['Tools', new Set()]]);
  for (const { path: file, text } of files) {
    if (!/^(packages\/[^/]+\/)?package\.json$/.test(file)) continue;
    const { name = '', dependencies = {}, devDependencies = {} } = JSON.parse(text) as Manifest;
    const foreign = Object.keys(dependencies).filter((each) => !each.startsWith('@cairn/'));
    if (foreign.length > 0) wanted.set(name, new Set(foreign));
    for (const each of Object.keys(devDependencies)) wanted.get('Tools')?.add(each);
  }
  return wanted;
}

interface Manifest {
  name?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

function checkDependencies(
  documents: readonly SourceFile[],
  files: readonly SourceFile[],
): Finding[] {
  const document = find(documents, 'docs/dependencies.md');
  if (!('text' in document)) return [document];
  const wanted = dependenciesByHeading(files);
  const seen = new Set<string>();
  const findings: Finding[] = [];
  let heading = '';
  for (const { text, number } of linesOf(document)) {
    heading = /^##\s+(\S+)/.exec(text)?.[1] ?? heading;
    const [, name, reason = ''] = /^- `([^`]+)`:?\s*(.*)$/.exec(text) ?? [];
    if (name === undefined) continue;
    const at = { file: document.path, line: number };
    const key = `${heading} ${name}`;
    if (!wanted.get(heading)?.has(name))
      findings.push({ ...at, message: `${name} is no dependency of ${heading}: remove its line.` });
    if (seen.has(key)) findings.push({ ...at, message: `${name} stands twice under ${heading}.` });
    if (reason.length < 15)
      findings.push({ ...at, message: `Say in one line why ${name} is needed.` });
    seen.add(key);
  }
  for (const [name, dependencies] of wanted) {
    for (const each of dependencies) {
      const message = `${each} has no line: add it under "## ${name}" with the reason why it is needed.`;
      if (!seen.has(`${name} ${each}`)) findings.push({ file: document.path, line: 1, message });
    }
  }
  return findings;
}

/** The anchor that a heading gets on the usual forges. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

function checkLinks(documents: readonly SourceFile[], root: string): Finding[] {
  const anchors = new Map(
    documents.map((each) => [
      each.path,
      linesOf(each).flatMap(({ text, fence }) =>
        fence === undefined && /^#+\s/.test(text) ? [anchorOf(text.replace(/^#+\s/, ''))] : [],
      ),
    ]),
  );
  return documents.flatMap((document) =>
    linesOf(document)
      .filter(({ fence }) => fence === undefined)
      .flatMap(({ text, number }) =>
        [...text.replace(/`[^`]*`/g, '').matchAll(/\]\(<?([^)>\s]+)>?[^)]*\)/g)].flatMap(
          ([, target = '']) => {
            if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)) return [];
            const [file = '', anchor] = target.split('#');
            const to =
              file === ''
                ? document.path
                : path.posix.join(path.posix.dirname(document.path), decodeURI(file));
            const exists = fs.existsSync(path.join(root, to));
            if (exists && (anchor === undefined || anchors.get(to)?.includes(anchor) !== false))
              return [];
            const what = exists ? `there is no heading #${anchor} in ${to}` : `there is no ${to}`;
            return [
              {
                file: document.path,
                line: number,
                message: `The link ${target} leads nowhere: ${what}.`,
              },
            ];
          },
        ),
      ),
  );
}

/** The README promises that two commands are enough: they and nothing else stand in its quick start. */
function checkQuickStart(documents: readonly SourceFile[]): Finding[] {
  const document = find(documents, 'README.md');
  if (!('text' in document)) return [document];
  const lines = linesOf(document);
  const heading = lines.findIndex(
    ({ text, fence }) => fence === undefined && /^#+\s+quick start\b/i.test(text),
  );
  const after = lines.slice(heading + 1);
  const end = after.findIndex(({ text, fence }) => fence === undefined && /^#+\s/.test(text));
  const commands = (end === -1 ? after : after.slice(0, end))
    .filter(({ fence }) => fence !== undefined && /^(sh|bash|shell|console)$/.test(fence))
    .map(({ text }) => text.replace(/#.*/, '').trim())
    .filter((text) => text !== '');
  if (heading !== -1 && commands.join('\n') === 'npm start\nnpm test') return [];
  const message =
    heading === -1
      ? 'There is no heading "Quick start".'
      : `The quick start is one fenced block (sh) with exactly "npm start" and "npm test"; it has: ${commands.join(', ') || 'nothing'}.`;
  return [{ file: document.path, line: Math.max(heading + 1, 1), message }];
}

function checkExamples(documents: readonly SourceFile[]): Finding[] {
  return documents.flatMap((document) => {
    const findings: Finding[] = [];
    let block: { language: string; line: number; text: string } | undefined;
    for (const { text, number, fence } of [
      ...linesOf(document),
      { text: '', number: 0, fence: undefined },
    ]) {
      const language =
        fence !== undefined && /^(ts|tsx|typescript)$/.test(fence)
          ? fence.replace('typescript', 'ts')
          : undefined;
      if (language !== undefined) {
        block ??= { language, line: number, text: '' };
        block.text += `${text}\n`;
        continue;
      }
      const [error] = block ? parseSync(`example.${block.language}`, block.text).errors : [];
      if (block && error) {
        findings.push({
          file: document.path,
          line: block.line,
          message: `This example cannot be parsed: ${error.message}`,
        });
      }
      block = undefined;
    }
    return findings;
  });
}

function checkChangelog(documents: readonly SourceFile[]): Finding[] {
  const document = find(documents, 'CHANGELOG.md');
  if (!('text' in document)) return [document];
  return /^## \[Unreleased\]/m.test(document.text)
    ? []
    : [
        {
          file: document.path,
          line: 1,
          message: 'There is no "## [Unreleased]": what changes is written down there first.',
        },
      ];
}

if (import.meta.main) {
  const findings = checkDocs(fileURLToPath(new URL('..', import.meta.url)), ERROR_CODES);
  for (const { file, line, message } of findings) console.error(`${file}:${line}: ${message}`);
  process.exitCode = findings.length > 0 ? 1 : 0;
}
