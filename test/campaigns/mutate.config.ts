import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** How vitest runs below Stryker: the tests of one room, which `mutate.ts` names. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: (process.env['SNAPSHOT_MUTATE_TESTS'] ?? '').split('\n').filter((glob) => glob !== ''),
    setupFiles: ['test/campaigns/mutate-setup.ts'],
    testTimeout: 120_000,
  },
});

// oxlint-disable-next-line import/no-default-export -- the shape that vitest asks for
export default config;
