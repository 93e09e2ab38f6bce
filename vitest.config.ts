import { defineConfig } from 'vitest/config';

/**
 * Five projects. `npm test` runs the first three, which need no service and no browser; `npm run test:services`
 * starts PostgreSQL and NATS and runs `platform` on them, and `journeys`, whose tests start whole servers and a browser,
 * and `vectors`: the tests of search once more, on a PostgreSQL that has pgvector, which the other may not have.
 *
 * `isolate: false` shares one module graph between the test files of a worker (about five times faster).
 * It is safe because no module of ours keeps state at module level.
 */
const journeys = '**/*.journey.test.ts';
/** Set by `npm run test:services`, where such a server can be had. */
const vectors_url = process.env['CAIRN_TEST_POSTGRES_VECTORS_URL'];
/** Drops from a real server what the tests of a worker have shared. */
const globalSetup = ['packages/server/src/db/testing/drop-pooled-schemas.ts'];
const never = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    pool: 'forks',
    isolate: false,
    maxWorkers: 2,
    testTimeout: 120_000,
    // How long is too long is no test's own matter: a machine may be ten times slower than the one it was written on.
    expect: { poll: { timeout: 45_000 } },
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'platform',
          include: ['packages/{server,protocol}/**/*.test.ts'],
          exclude: [...never, journeys],
          globalSetup,
        },
      },
      {
        extends: true,
        test: {
          name: 'scripts',
          include: ['{scripts,bench}/**/*.test.ts'],
          exclude: [...never, journeys],
        },
      },
      {
        extends: true,
        test: {
          name: 'packages',
          include: ['packages/{sdk,cli,web,extension}/**/*.test.{ts,tsx}'],
          exclude: [...never, journeys],
        },
      },
      ...(vectors_url === undefined
        ? []
        : [
            {
              extends: true as const,
              test: {
                name: 'vectors',
                include: [
                  'packages/server/src/breadcrumbs/search/**/*.test.ts',
                  'packages/server/src/app/search-routes.test.ts',
                ],
                exclude: never,
                globalSetup,
                env: { CAIRN_TEST_POSTGRES_URL: vectors_url },
              },
            },
          ]),
      {
        extends: true,
        test: {
          name: 'journeys',
          include: [journeys],
          exclude: never,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
