import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { dumpSchema } from './dump-schema.ts';

it('schema.sql is what the migrations make (`npm run schema:dump` writes it)', async () => {
  const committed = await readFile(new URL('../../schema.sql', import.meta.url), 'utf8');
  expect(await dumpSchema()).toBe(committed);
}, 60_000);
