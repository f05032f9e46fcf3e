// The command as few modules, in dist/bin: it starts in two thirds of the processor time that its hundreds of modules take
// (docs/decisions.md). What is in dist/ beside that is for `import`, and for tests.
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
/** What Node is called with, and what its threads begin with, below dist/. Threads look for theirs beside their own module. */
const ENTRIES = [
  'cli/main',
  'tree/scan-worker',
  'tree/watching/watch-worker',
  'pack/pack-worker',
  'unpack/unpack-worker',
  'mirror/mirror-worker',
  'check/check-worker',
];

/** The one file that the program reads of itself, its version, becomes a part of it. */
const version = {
  name: 'version',
  /** @param {string} id */
  load(id) {
    if (id !== join(ROOT, 'dist/jobs/tool.js')) return undefined;
    const { version: text } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    return `export const VERSION = '${text}';\nexport const TOOL = 'snapshot ${text}';\n`;
  },
};

/** yargs looks for itself below node_modules, and else at the working folder, which need not be there any more. */
const yargs = {
  name: 'yargs',
  /**
   * @param {string} code
   * @param {string} id
   */
  transform(code, id) {
    if (!/yargs[\\/]lib[\\/]platform-shims[\\/]esm\.mjs$/.test(id)) return undefined;
    const text = code.replace('mainFilename || process.cwd()', 'mainFilename || __dirname');
    if (text === code)
      throw new Error(`${id} is not what it was: look what it does without a working folder`);
    return text;
  },
};

/** Beside the modules, the licences of all packages that are in them. */
const licences = {
  name: 'licences',
  /**
   * @param {unknown} _
   * @param {Readonly<Record<string, { type: string, moduleIds?: readonly string[] }>>} output
   */
  generateBundle(_, output) {
    const ids = Object.values(output).flatMap(({ moduleIds = [] }) => moduleIds);
    const folders = ids.flatMap(
      (id) => /^(.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id)?.[1] ?? [],
    );
    const texts = [...new Set(folders)].toSorted().map(licenceOf);
    this.emitFile({
      type: 'asset',
      fileName: 'LICENCES.txt',
      source: texts.join(`\n\n${'='.repeat(80)}\n\n`),
    });
  },
};

/** @param {string} folder - Of a package. */
function licenceOf(folder) {
  const { name, version: text, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|notice)/i.test(file));
  const whole = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${text} (${license})`, ...whole].join('\n\n');
}

const build = await rolldown({
  input: Object.fromEntries(ENTRIES.map((entry) => [basename(entry), join(ROOT, 'dist', `${entry}.js`)])),
  plugins: [version, yargs, licences],
  // What comments name files from: where the clone lies is no part of what is built.
  cwd: ROOT,
  platform: 'node',
  // Both are loaded where they lie: one brings a file of its own, the other is for trees that have patterns.
  external: ['@bokuweb/zstd-wasm', 'ignore'],
  onLog(level, log, tell) {
    if (level !== 'warn') tell(level, log);
  },
});
await build.write({
  dir: join(ROOT, 'dist/bin'),
  cleanDir: true,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
});
await build.close();
// The second one was the command once: links to it, as those that npx keeps of a clone, stay good.
for (const main of ['dist/bin/main.js', 'dist/cli/main.js']) chmodSync(join(ROOT, main), 0o755);
