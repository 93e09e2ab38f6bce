import type { Database } from './contract.ts';

/** Resolves when the database answers. @throws DatabaseError when it does not */
export async function ping(db: Database): Promise<void> {
  await db.query({ text: 'select 1' });
}
