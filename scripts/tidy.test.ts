import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeUpward, MODULES } from './modules.ts';
import { tidy } from './tidy.ts';

const SERVER = 'packages/server/src';
let root = '';

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-tidy-'));
  execFileSync('git', ['init', '--quiet'], { cwd: root });
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

/** What tidy says about a repository with these files, as `file:line: message`. */
function saysAbout(files: Record<string, string>): string[] {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
  return tidy(root).map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

/** Expects exactly one complaint: at this place, with these words. */
function expectOne(findings: string[], place: string, words: string): void {
  expect(findings).toHaveLength(1);
  expect(findings[0]).toContain(`${place}: `);
  expect(findings[0]).toContain(words);
}

it('finds nothing in a clean tree', () => {
  const findings = saysAbout({
    'packages/protocol/src/index.ts': `export const LIMIT = 1;\n`,
    [`${SERVER}/base/clock.ts`]: `export const now = () => Date.now();\n`,
    [`${SERVER}/base/index.ts`]: `export { now } from './clock.ts';\n`,
    [`${SERVER}/db/index.ts`]: `export const sql = String.raw;\n`,
    [`${SERVER}/queue/index.ts`]: `export { claim } from './store.ts';\n`,
    [`${SERVER}/queue/store.ts`]: `import { sql } from '../db/index.ts';\nexport const claim = sql\`select 1 from deliveries\`;\n`,
    [`${SERVER}/queue/testing.ts`]: `export const fake = 1;\n`,
    [`${SERVER}/queue/queue.conformance.ts`]: `export const suite = 1;\n`,
    [`${SERVER}/events/events.test.ts`]: `import { fake } from '../queue/testing.ts';\nimport { suite } from '../queue/queue.conformance.ts';\nexport const all = [fake, suite, process.env.HOME, Date.now(), 'select 1 from x'];\n`,
    [`${SERVER}/events/read-log.ts`]: `import { LIMIT } from '@cairn/protocol';\nimport { now } from '../base/index.ts';\nexport const a = [LIMIT, now(), 'Select a model from the list', 'Update: the set is full'];\n`,
    [`${SERVER}/app/main.ts`]: `export const port = process.env.PORT;\n`,
    'packages/server/migrations/0001_queue_deliveries.sql': 'create table deliveries (id uuid);\n',
    'scripts/measure.ts': `import { claim } from '../packages/server/src/queue/index.ts';\nexport const at = [claim, process.env.X];\n`,
  });
  expect(findings).toEqual([]);
});

it('finds nothing in this repository', { timeout: 60_000 }, () => {
  const findings = tidy(fileURLToPath(new URL('..', import.meta.url)));
  expect(findings.map(({ file, line, message }) => `${file}:${line}: ${message}`)).toEqual([]);
});

describe('walls between modules', () => {
  it.each([
    [`import { serve } from '../http/index.ts';`],
    [`import type { Serve } from '../http/index.ts';`],
    [`export { serve } from '../http/index.ts';`],
    [`export * from '../http/index.ts';`],
    [`export const serve = () => import('../http/index.ts');`],
    [`export type Serve = import('../http/index.ts').Serve;`],
  ])('forbids an import that the table does not allow: %s', (line) => {
    expectOne(
      saysAbout({ [`${SERVER}/db/pool.ts`]: `\n${line}\n` }),
      `${SERVER}/db/pool.ts:2`,
      'db may not import http',
    );
  });

  it('forbids the same in a test', () => {
    const findings = saysAbout({ [`${SERVER}/db/pool.test.ts`]: `import '../http/index.ts';\n` });
    expectOne(findings, `${SERVER}/db/pool.test.ts:1`, 'db may not import http');
  });

  it.each(['read-log.ts', 'read-log.test.ts'])('forbids reaching past index.ts (%s)', (name) => {
    const findings = saysAbout({ [`${SERVER}/events/${name}`]: `import '../queue/store.ts';\n` });
    expectOne(findings, `${SERVER}/events/${name}:1`, 'through its index.ts, not queue/store.ts');
  });

  it('forbids what is made for tests to the product', () => {
    const findings = saysAbout({
      [`${SERVER}/events/read-log.ts`]: `import '../queue/testing.ts';\n`,
    });
    expectOne(findings, `${SERVER}/events/read-log.ts:1`, 'through its index.ts');
  });

  it('forbids scripts to reach past index.ts', () => {
    const findings = saysAbout({
      'scripts/x.ts': `import '../packages/server/src/queue/store.ts';\n`,
    });
    expectOne(findings, 'scripts/x.ts:1', 'through its index.ts');
  });

  it('asks for a line in the table for a new module', () => {
    const findings = saysAbout({ [`${SERVER}/weather/index.ts`]: `export {};\n` });
    expectOne(findings, `${SERVER}/weather/index.ts:1`, '"weather" is not in scripts/modules.ts');
  });
});

describe('walls between packages', () => {
  it.each([
    ['packages/sdk/src/a.ts', `import '@cairn/server';`, 'sdk may not import server'],
    [
      'packages/cli/src/a.ts',
      `import '@cairn/server/src/db/index.ts';`,
      'Import @cairn/server itself',
    ],
    [
      'packages/sdk/src/a.ts',
      `import '../../protocol/src/index.ts';`,
      'Import @cairn/protocol by its name',
    ],
    ['packages/sdk/src/a.ts', `import '../../../scripts/modules.ts';`, 'nothing outside itself'],
    ['packages/sdk/src/a.ts', `import '@cairn/sdk';`, 'relative imports'],
    ['packages/toys/src/a.ts', `export {};`, '"toys" is not in scripts/modules.ts'],
  ])('%s: %s', (file, line, words) => {
    expectOne(saysAbout({ [file]: `${line}\n` }), `${file}:1`, words);
  });
});

describe('the table of modules', () => {
  it('is closed upward', () => {
    expect([...(MODULES.get('breadcrumbs') ?? [])].sort()).toEqual(
      ['base', 'bus', 'db', 'events', 'http', 'identity', 'queue'].sort(),
    );
    expect(MODULES.get('app')?.size).toBe(MODULES.size - 1);
  });

  it('refuses a line that points down', () => {
    expect(() => closeUpward({ base: [], db: ['queue'], queue: [] })).toThrow(
      'db may not list queue',
    );
  });
});

describe('SQL', () => {
  const file = `${SERVER}/events/read-log.ts`;
  it.each([
    ["export const q = 'SELECT id FROM events';"],
    [`export const q = \`  select id, \${1} from events\`;`],
    ["export const q = 'insert into events values (1)';"],
    [`export const q = \`UPDATE "events" SET a = \${1}\`;`],
    ["export const q = 'delete from events';"],
    ["export const q = 'CREATE TABLE t (id int)';"],
    ["export const q = 'with recent as (select 1) select 2';"],
    ["export const q = 'select pg_notify($1, $2)';"],
    ['export const q = (sql) => sql`a = 1`;'],
    ["export const q = (db) => db.selectFrom('events');"],
    ["import { sql } from 'kysely';"],
    ["import { sql } from '../db/index.ts';"],
  ])('outside a store: %s', (line) => {
    expectOne(saysAbout({ [file]: `${line}\n` }), `${file}:1`, 'SQL lives in store.ts');
  });

  it.each(['events/store.ts', 'events/offsets-store.ts', 'db/migrate.ts', 'events/log.test.ts'])(
    'is welcome in %s',
    (name) => {
      expect(
        saysAbout({ [`${SERVER}/${name}`]: "export const q = 'select 1 from events';\n" }),
      ).toEqual([]);
    },
  );
});

describe('what is handed in', () => {
  it.each([['process.env.PORT'], ["process['env']"], ['{ ...process.env }']])(
    'the environment: %s',
    (code) => {
      const file = `${SERVER}/http/listen.ts`;
      expectOne(
        saysAbout({ [file]: `export const x = ${code};\n` }),
        `${file}:1`,
        'read the environment',
      );
    },
  );

  it('the environment, imported', () => {
    const findings = saysAbout({
      'packages/sdk/src/a.ts': `import { env } from 'node:process';\nexport const x = env;\n`,
    });
    expectOne(findings, 'packages/sdk/src/a.ts:1', 'read the environment');
  });

  it.each([
    ['Date.now()'],
    ['new Date()'],
    ['Math.random()'],
    ['setTimeout(f, 1)'],
    ['setInterval(f, 1)'],
    ['globalThis.setTimeout(f, 1)'],
  ])('the clock: %s', (code) => {
    const file = `${SERVER}/queue/worker.ts`;
    expectOne(
      saysAbout({ [file]: `export const x = (f) => ${code};\n` }),
      `${file}:1`,
      'Use the Clock of base',
    );
  });

  it('the clock, imported', () => {
    const findings = saysAbout({
      [`${SERVER}/queue/a.ts`]: `import { setTimeout as sleep } from 'node:timers/promises';\nexport { sleep };\n`,
    });
    expectOne(findings, `${SERVER}/queue/a.ts:1`, 'node:timers/promises');
  });

  it('reading a given time is no clock', () => {
    expect(
      saysAbout({
        [`${SERVER}/queue/a.ts`]: `export const x = (clock) => [new Date(clock.now()), clock.setTimeout(1)];\n`,
      }),
    ).toEqual([]);
  });
});

describe('registries', () => {
  const registry = `${SERVER}/tools/builtin/registry.ts`;
  const text = `import type { Tool } from './contract.ts';\nimport { echo } from './echo.ts';\nexport const all = [echo, () => import('./clock.ts')];\n`;

  it('asks for a test of every entry', () => {
    const findings = saysAbout({
      [registry]: text,
      [`${SERVER}/tools/builtin/echo.test.ts`]: 'export {};\n',
    });
    expectOne(findings, `${registry}:3`, './clock.ts is in the registry without a test');
  });

  it('takes a conformance test that names the entry', () => {
    const findings = saysAbout({
      [registry]: text,
      [`${SERVER}/tools/builtin/all.test.ts`]: `for (const name of ['echo', 'clock']) console.log(name);\n`,
    });
    expect(findings).toEqual([]);
  });
});

describe('sizes', () => {
  it('a function over 90 lines', () => {
    const body = '  console.log(1);\n'.repeat(88);
    const findings = saysAbout({
      'packages/cli/src/a.ts': `\nexport function f() {\n${body}}\nexport const g = () => {\n${body}  return 1;\n};\n`,
    });
    expectOne(findings, 'packages/cli/src/a.ts:92', 'This function has 91 lines');
  });

  it('a file over 600 lines', () => {
    expect(saysAbout({ 'scripts/a.ts': 'export {};\n'.repeat(600) })).toEqual([]);
    expectOne(
      saysAbout({ 'scripts/a.ts': 'export {};\n'.repeat(601) }),
      'scripts/a.ts:1',
      'This file has 601 lines',
    );
  });
});

describe('leftovers and names', () => {
  const note = ['TO', 'DO'].join('');
  it.each([
    ['packages/cli/src/a.ts', `/*\n * ${note}: later */\n`, 2],
    ['deploy/run.sh', `# ${note} later\n`, 1],
    ['packages/server/migrations/0001_db_a.sql', `-- ${note} later\n`, 1],
  ])('a note for later in %s', (file, text, line) => {
    expectOne(saysAbout({ [file]: text }), `${file}:${line}`, 'A note for later');
  });

  it('the same word in a string is data', () => {
    expect(saysAbout({ 'packages/cli/src/a.ts': `export const x = '${note}';\n` })).toEqual([]);
  });

  it.each(['docs/run.md', 'scripts/run.ts'])('a path of one machine in %s', (file) => {
    const findings = saysAbout({ [file]: `// see ${['', 'work', 'main'].join('/')}/README.md\n` });
    expectOne(findings, `${file}:1`, 'A path of one machine');
  });

  it.each(['utils.ts', 'string-helpers.ts', 'session-manager.ts'])('the file name %s', (name) => {
    expectOne(
      saysAbout({ [`packages/cli/src/${name}`]: '\n' }),
      `packages/cli/src/${name}:1`,
      'Name the file after what it does',
    );
  });

  it.each([
    ['0001-queue.sql', 'NNNN_module_what.sql'],
    ['1_queue_a.sql', 'NNNN_module_what.sql'],
    ['0001_weather_a.sql', '"weather" is not a module'],
  ])('the migration name %s', (name, words) => {
    expectOne(
      saysAbout({ [`packages/server/migrations/${name}`]: '\n' }),
      `packages/server/migrations/${name}:1`,
      words,
    );
  });

  it('two migrations with one number', () => {
    const folder = 'packages/server/migrations';
    const findings = saysAbout({
      [`${folder}/0001_db_a.sql`]: '\n',
      [`${folder}/0001_db_b.sql`]: '\n',
    });
    expectOne(findings, `${folder}/0001_db_b.sql:1`, '0001_db_a.sql has this number already');
  });

  it('a file that cannot be parsed', () => {
    expectOne(
      saysAbout({ 'scripts/a.ts': '\nconst = 1;\n' }),
      'scripts/a.ts:2',
      'cannot be parsed',
    );
  });
});
