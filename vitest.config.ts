import { availableParallelism } from 'node:os';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Files share processes and what these have loaded, which takes a third of the work; what one changes there, it puts back. */
const isolate = false;

const config: ViteUserConfig = defineConfig({
  test: {
    // The tests wait for programs and disks as much as they work.
    maxWorkers: availableParallelism(),
    // A golden file that is missing is a failure: `npm run golden` writes them.
    update: 'none',
    projects: [
      {
        test: {
          name: 'unit',
          isolate,
          include: [
            'src/**/*.test.ts',
            'test/{campaigns,fuzz,model}/*.test.ts',
            '{bench,packaging}/*.test.ts',
            'web/**/*.test.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          isolate,
          include: ['test/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

// oxlint-disable-next-line import/no-default-export -- the shape that vitest asks for
export default config;
