// The compiled program and its packages as few modules, which an executable carries.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

/** What Node is called with, and what its threads begin with, below `dist/`. */
const ENTRIES = [
  'cli/main',
  'tree/scan-worker',
  'tree/watching/watch-worker',
  'pack/pack-worker',
  'unpack/unpack-worker',
  'mirror/mirror-worker',
  'check/check-worker',
];

export interface Bundle {
  /** The text of each module by its name: those that are loaded by `require` from a string are `packages/NAME.cjs`. */
  readonly modules: ReadonlyMap<string, string>;
  /** The folders of all packages that are in it. */
  readonly packages: readonly string[];
}

/** @param root - Of the project, with a fresh `dist/`. */
export async function bundle(root: string): Promise<Bundle> {
  const program = await bundled({
    input: Object.fromEntries(ENTRIES.map((entry) => [basename(entry), join(root, 'dist', `${entry}.js`)])),
    plugins: [versionOf(root)],
    format: 'esm',
    root,
  });
  // Called for by `require` where a tree has patterns.
  const ignore = await bundled({
    input: { ignore: join(root, 'node_modules/ignore/index.js') },
    plugins: [],
    format: 'cjs',
    root,
  });
  const modules = new Map(program.files);
  for (const text of ignore.files.values()) modules.set('packages/ignore.cjs', text);
  const ids = [...program.ids, ...ignore.ids];
  const packages = ids.flatMap((id) => /^(.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id)?.[1] ?? []);
  return { modules, packages: [...new Set(packages)].toSorted() };
}

interface Options {
  readonly input: Readonly<Record<string, string>>;
  readonly plugins: readonly Plugin[];
  readonly format: 'esm' | 'cjs';
  /** What comments name files from. */
  readonly root: string;
}

async function bundled({ input, plugins, format, root }: Options): Promise<{
  readonly files: ReadonlyMap<string, string>;
  readonly ids: readonly string[];
}> {
  const build = await rolldown({
    input,
    plugins: [...plugins],
    cwd: root,
    platform: 'node',
    // The Node inside has its own zstd.
    external: ['@bokuweb/zstd-wasm'],
    onLog(level, log, tell) {
      if (level !== 'warn') tell(level, log);
    },
  });
  const { output } = await build.generate({
    format,
    entryFileNames: format === 'esm' ? '[name].js' : '[name].cjs',
    chunkFileNames: '[name]-[hash].js',
  });
  await build.close();
  const chunks = output.filter((file) => file.type === 'chunk');
  return {
    files: new Map(chunks.map(({ fileName, code }) => [fileName, code])),
    ids: chunks.flatMap(({ moduleIds }) => moduleIds),
  };
}

/** The one file that the program reads of itself, its version, becomes a part of it. */
function versionOf(root: string): Plugin {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return {
    name: 'version',
    load: (id) =>
      id === join(root, 'dist/jobs/tool.js')
        ? `export const VERSION = '${version}';\nexport const TOOL = 'snapshot ${version}';\n`
        : undefined,
  };
}
