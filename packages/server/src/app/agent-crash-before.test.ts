import { it } from 'vitest';
import { POSTGRES_URL } from '../db/testing.ts';
import { breakAtEachCommit, dieAtEachCommit } from './testing/crash-scene.ts';

// A file for each side: two workers share what takes longest of all tests.
it('a run with three tool calls ends once and repeats nothing recorded when its process dies before any of its commits', async () => {
  await dieAtEachCommit('before');
}, 400_000);

// Each point waits for a retry, which takes a minute in all: on a real server only.
it.skipIf(POSTGRES_URL === undefined)(
  'a run with three tool calls ends once and repeats nothing recorded when the connection breaks before any of its commits',
  async () => {
    await breakAtEachCommit('before');
  },
  400_000,
);
