/**
 * A program for the tests of the embedded database: opens it in the folder that is named, and writes one row after the
 * other, each with its number on a line of its own once the commit was acknowledged, until it is killed. With a second
 * argument the disk takes no more once so many rows are written.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { openPglite } from '../pglite.ts';

const [folder = '', good_rows] = process.argv.slice(2);
const db = await openPglite({ folder });
for (let row = 0; ; row++) {
  if (row === Number(good_rows)) breakDisk();
  const n = await db.transaction(async (tx) => {
    const text = 'insert into written default values returning n';
    return (await tx.query<{ n: number }>({ text })).rows[0]?.n;
  });
  process.stdout.write(`${n}\n`);
}

function breakDisk(): void {
  fs.fsyncSync = () => {
    throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO', errno: -5 });
  };
  syncBuiltinESMExports();
}
