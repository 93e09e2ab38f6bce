import { afterAll } from 'vitest';
import type { PGlite } from '@electric-sql/pglite';
import { describeDatabase } from './database.conformance.ts';
import { openInstance, openPglite } from './pglite.ts';

// Opening an instance takes seconds: one serves the whole file.
let shared: Promise<PGlite> | null = null;
const openShared = () => (shared ??= openInstance());
afterAll(async () => {
  await (await shared)?.close();
});

describeDatabase({
  name: 'PGlite',
  async open() {
    const instance = await openShared();
    await instance.exec('drop schema public cascade; create schema public');
    const db = await openPglite({ instance });
    return db;
  },
});

describeDatabase({
  name: 'PGlite with a schema',
  open: async (schema) => openPglite({ instance: await openShared(), schema }),
});
