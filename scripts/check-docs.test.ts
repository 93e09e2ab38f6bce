import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../packages/protocol/src/index.ts';
import { checkDocs } from './check-docs.ts';

const CODES = { not_found: { status: 404 }, conflict: { status: 409 } };
const fence = '```';
const GOOD: Readonly<Record<string, string>> = {
  'README.md': `# Cairn\n\n## Quick start\n\n${fence}sh\nnpm start # and open the address\nnpm test\n${fence}\n\n## More\n\n[errors](docs/errors.md#error-codes) [top](#quick-start) [out](https://example.org)\n`,
  'CHANGELOG.md': '# Changelog\n\n## [Unreleased]\n',
  'docs/errors.md':
    '# Error codes\n\n| code | status |\n|---|---|\n| `not_found` | 404 |\n| `conflict` | 409 |\n',
  'docs/dependencies.md':
    '# Why\n\n## @cairn/server\n\n- `pg`: speaks to PostgreSQL.\n\n## Tools\n\n- `vitest`: runs the tests of all packages.\n',
  'package.json': '{ "name": "root", "devDependencies": { "vitest": "1" } }',
  'packages/server/package.json':
    '{ "name": "@cairn/server", "dependencies": { "pg": "1", "@cairn/protocol": "1" } }',
};
let root = '';

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-docs-'));
  execFileSync('git', ['init', '--quiet'], { cwd: root });
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

/** What is said about the good documents with one of them changed. */
function saysAbout(changes: Record<string, string | undefined>): string[] {
  for (const [name, text] of Object.entries({ ...GOOD, ...changes })) {
    if (text === undefined) continue;
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
  return checkDocs(root, CODES).map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

const good = (name: string): string => GOOD[name] ?? '';

it('finds nothing in good documents', () => {
  expect(saysAbout({})).toEqual([]);
});

it('finds nothing in this repository', () => {
  const findings = checkDocs(fileURLToPath(new URL('..', import.meta.url)), ERROR_CODES);
  expect(findings.map(({ file, line, message }) => `${file}:${line}: ${message}`)).toEqual([]);
});

describe('docs/errors.md', () => {
  const errors = good('docs/errors.md');
  it.each([
    [
      'a code is missing',
      errors.replace('| `conflict` | 409 |\n', ''),
      'docs/errors.md:1: conflict is missing',
    ],
    ['a code is unknown', `${errors}| \`gone\` | 410 |\n`, 'docs/errors.md:7: gone is no code'],
    [
      'a status is wrong',
      errors.replace('409', '400'),
      'docs/errors.md:6: conflict has the status 409, not 400',
    ],
    [
      'a code stands twice',
      `${errors}| \`conflict\` | 409 |\n`,
      'docs/errors.md:7: conflict is listed twice',
    ],
  ])('says when %s', (_, text, message) => {
    expect(saysAbout({ 'docs/errors.md': text })).toEqual([expect.stringContaining(message)]);
  });
});

describe('docs/dependencies.md', () => {
  const reasons = good('docs/dependencies.md');
  it.each([
    [
      'a dependency has no line',
      reasons.replace('- `pg`: speaks to PostgreSQL.', ''),
      'pg has no line: add it under "## @cairn/server"',
    ],
    [
      'a tool has no line',
      reasons.replace(/- `vitest`.*\n/, ''),
      'vitest has no line: add it under "## Tools"',
    ],
    [
      'a line has no dependency',
      `${reasons}- \`left-pad\`: pads strings on the left.\n`,
      'left-pad is no dependency of Tools',
    ],
    [
      'a reason is missing',
      reasons.replace('speaks to PostgreSQL.', 'db'),
      'Say in one line why pg is needed',
    ],
  ])('says when %s', (_, text, message) => {
    expect(saysAbout({ 'docs/dependencies.md': text })).toEqual([expect.stringContaining(message)]);
  });
});

it.each([
  ['[a](docs/nowhere.md)', 'there is no docs/nowhere.md'],
  ['[a](docs/errors.md#nothing)', 'there is no heading #nothing'],
  ['![a](picture.png)', 'there is no picture.png'],
])('says when a link leads nowhere: %s', (link, message) => {
  const findings = saysAbout({ 'README.md': `${good('README.md')}${link}\n` });
  expect(findings).toEqual([expect.stringContaining(`README.md:13: The link`)]);
  expect(findings[0]).toContain(message);
});

it('leaves links in code alone', () => {
  expect(saysAbout({ 'docs/x.md': `\`[a](b.md)\`\n\n${fence}md\n[a](b.md)\n${fence}\n` })).toEqual(
    [],
  );
});

it.each([
  ['a third command', good('README.md').replace('npm test', 'npm test\nnpm install')],
  ['a command missing', good('README.md').replace('npm test\n', '')],
  [
    'no heading',
    good('README.md').replace('## Quick start', '## Install').replace(' [top](#quick-start)', ''),
  ],
])('says when the quick start has %s', (_, text) => {
  expect(saysAbout({ 'README.md': text })).toEqual([expect.stringMatching(/uick start/)]);
});

it('says when an example cannot be parsed', () => {
  const text = `${fence}ts\nconst a: number = 1;\n${fence}\n\n${fence}ts\nconst = ;\n${fence}\n`;
  expect(saysAbout({ 'docs/x.md': text })).toEqual([
    expect.stringContaining('docs/x.md:6: This example cannot be parsed'),
  ]);
});

it('says when there is no place for what changes next', () => {
  expect(saysAbout({ 'CHANGELOG.md': '# Changelog\n' })).toEqual([
    expect.stringContaining('CHANGELOG.md:1'),
  ]);
});
