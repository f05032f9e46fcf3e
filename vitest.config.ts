import { availableParallelism } from 'node:os';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    // More at once make each of them slower by as much: what they start works as well.
    maxWorkers: availableParallelism(),
    // A golden file that is missing is a failure: `npm run golden` writes them.
    update: 'none',
    projects: [
      {
        test: {
          name: 'unit',
          // Test files share their processes (docs/decisions.md): each puts back what it changes.
          isolate: false,
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
      { test: { name: 'e2e', include: ['test/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
});

// oxlint-disable-next-line import/no-default-export -- the shape that vitest asks for
export default config;
