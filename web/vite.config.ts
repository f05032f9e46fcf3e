// Builds the pages into dist/web: one folder for each page, and what they load, with hashes in its names, in assets/.
import { fileURLToPath } from 'node:url';
import { defineConfig, type UserConfig } from 'vite';

const inProject = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const config: UserConfig = defineConfig({
  root: inProject('.'),
  // No file is copied as it is.
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    outDir: inProject('../dist/web'),
    emptyOutDir: true,
    target: ['chrome109', 'firefox115', 'safari16'],
    // What is inlined as data: is refused by the Content-Security-Policy of the server.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: ['upload', 'library', 'dashboard'].map((page) => inProject(`${page}/index.html`)),
    },
  },
});

// oxlint-disable-next-line import/no-default-export -- the shape that vite asks for
export default config;
