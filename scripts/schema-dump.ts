/**
 * Writes packages/server/schema.sql: the schema that the migrations make, read from a fresh database.
 * With `--check` it compares instead, and fails when the committed file is not that.
 */
import fs from 'node:fs';
import { dumpSchema } from '../packages/server/src/db/index.ts';

const file = new URL('../packages/server/schema.sql', import.meta.url);
const schema = await dumpSchema();

if (!process.argv.includes('--check')) {
  fs.writeFileSync(file, schema);
  console.log('packages/server/schema.sql written');
} else {
  const committed = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  if (committed !== schema) {
    const is = committed.split('\n');
    const line = schema.split('\n').findIndex((each, index) => each !== is[index]) + 1;
    console.error(`packages/server/schema.sql:${line}: this is not what the migrations make.`);
    console.error(`  the migrations make: ${schema.split('\n')[line - 1] ?? '(the end)'}`);
    console.error(`  the file says:       ${is[line - 1] ?? '(the end)'}`);
    console.error('Run `npm run schema:dump`, read the change and commit it with the migration.');
    process.exitCode = 1;
  }
}
