import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { onTestFinished } from 'vitest';

/** Why tests that need PostgreSQL are skipped, or false when there is one. */
export const NO_POSTGRES =
  process.env['CAIRN_TEST_POSTGRES_URL'] === undefined &&
  'no PostgreSQL: run it with `npm run test:services`';

/** Makes an empty database on the test server and says its address. It is dropped with the test. */
export async function createPostgresDatabase(): Promise<string> {
  const server = process.env['CAIRN_TEST_POSTGRES_URL'] ?? '';
  const name = `journey_${randomBytes(6).toString('hex')}`;
  const run = async (statement: string) => {
    const client = new Client(server);
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await run(`create database ${name}`);
  onTestFinished(() => run(`drop database if exists ${name} with (force)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
