import { defineConfig } from 'vitest/config';

/**
 * Four projects. `npm test` runs the first three, which need no service and no browser; `npm run test:services`
 * starts PostgreSQL and NATS and runs `platform` on them, and `journeys`, whose tests start whole servers and a browser.
 *
 * `isolate: false` shares one module graph between the test files of a worker (about five times faster).
 * It is safe because no module of ours keeps state at module level.
 */
const journeys = '**/*.journey.test.ts';
const never = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    pool: 'forks',
    isolate: false,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'platform',
          include: ['packages/{server,protocol}/**/*.test.ts'],
          exclude: [...never, journeys],
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
      {
        extends: true,
        test: {
          name: 'journeys',
          include: [journeys],
          exclude: never,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
