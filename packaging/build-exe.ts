// npm run build:exe [-- PLATFORM...]: the program and its Node in one file for each platform, in `release/`. On Linux with x64, as the
// Node of the executables itself packs what they carry.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'postject';
import { bundle } from './bundle.ts';
import { licencesOf } from './licences.ts';
import { fetchNode, type Platform, PLATFORMS } from './node-build.ts';
import { withoutSignature } from './pe-signature.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RELEASE = join(ROOT, 'release');
const CACHE = join(ROOT, 'node_modules', '.cache', 'node-builds');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string;
};

/** What Node looks for in itself. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const MOST_BYTES = 150_000_000;

/** Native code, of which only what is for Linux is carried: Windows cannot remove its file while it is in use. */
const NATIVE = {
  '@koromix/koffi-linux-x64': '@koromix/koffi-linux-x64/linux_x64/koffi.node',
  '@napi-rs/blake-hash-linux-x64-gnu': '@napi-rs/blake-hash-linux-x64-gnu/blake.linux-x64-gnu.node',
} as const;

/** The assets of an executable: a file for each name. The modules are written to the folder `to`. */
function assetsOf(
  platform: Platform,
  modules: ReadonlyMap<string, string>,
  to: string,
): Readonly<Record<string, string>> {
  const texts = new Map(modules);
  texts.set('start.cjs', readFileSync(join(ROOT, 'packaging', 'start.cjs'), 'utf8'));
  const carried: Record<string, string> = {};
  if (platform === 'linux-x64') {
    for (const [name, file] of Object.entries(NATIVE))
      carried[`packages/${name}.node`] = join(ROOT, 'node_modules', file);
    texts.set(
      'packages/@napi-rs/blake-hash.cjs',
      "module.exports = require('@napi-rs/blake-hash-linux-x64-gnu');\n",
    );
  }
  for (const [name, text] of texts) {
    mkdirSync(dirname(join(to, name)), { recursive: true });
    writeFileSync(join(to, name), text);
  }
  const pages = readdirSync(join(ROOT, 'dist/web'), {
    recursive: true,
    encoding: 'utf8',
    withFileTypes: true,
  })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name));
  for (const file of pages) carried[relative(join(ROOT, 'dist'), file)] = file;
  return { ...Object.fromEntries([...texts.keys()].map((name) => [name, join(to, name)])), ...carried };
}

/** Makes one executable. */
async function build(
  platform: Platform,
  modules: ReadonlyMap<string, string>,
  packer: string,
  work: string,
): Promise<void> {
  const node = platform === 'linux-x64' ? packer : fetchNode(platform, CACHE, join(work, platform));
  const [config, blob] = [join(work, `${platform}.json`), join(work, `${platform}.blob`)];
  const carried = join(work, `${platform}-assets`);
  const settings = {
    // This path becomes a part of what is packed: that of the clone must not.
    main: 'start.cjs',
    output: blob,
    disableExperimentalSEAWarning: true,
    assets: assetsOf(platform, modules, carried),
  };
  writeFileSync(config, JSON.stringify(settings));
  execFileSync(packer, ['--experimental-sea-config', config], { cwd: carried, stdio: 'pipe' });

  const name = `snapshot-${version}-${platform}${platform === 'win-x64' ? '.exe' : ''}`;
  const file = join(work, name);
  const program = readFileSync(node);
  writeFileSync(file, platform === 'win-x64' ? withoutSignature(program) : program);
  await quietly(() => inject(file, 'NODE_SEA_BLOB', readFileSync(blob), { sentinelFuse: FUSE }));
  chmodSync(file, 0o755);
  const { length } = readFileSync(file);
  if (length > MOST_BYTES) throw new Error(`${name} has ${length} bytes; ${MOST_BYTES} is the most`);
  renameSync(file, join(RELEASE, name));
}

/** Without the warnings of a library about names of sections that nothing reads; they come by the console. */
async function quietly(act: () => Promise<void>): Promise<void> {
  const { warn, error } = console;
  console.warn = console.error = () => {};
  try {
    await act();
  } finally {
    Object.assign(console, { warn, error });
  }
}

if (process.platform !== 'linux' || process.arch !== 'x64')
  throw new Error('Executables are built on Linux with x64');
const wanted = process.argv.slice(2);
const known = Object.keys(PLATFORMS) as Platform[];
const odd = wanted.find((platform) => !known.some((one) => one === platform));
if (odd !== undefined) throw new Error(`There is no executable for ${odd}: only for ${known.join(' and ')}`);
const platforms = wanted.length === 0 ? known : known.filter((platform) => wanted.includes(platform));

mkdirSync(RELEASE, { recursive: true });
// Beside what is built, so that it can be moved there.
const work = mkdtempSync(join(RELEASE, '.build-'));
try {
  const packer = fetchNode('linux-x64', CACHE, join(work, 'linux-x64'));
  const modules = await bundle(ROOT);
  for (const platform of platforms) await build(platform, modules, packer, work);
  const others = ['ignore', ...Object.keys(NATIVE)].map((name) => join(ROOT, 'node_modules', name));
  const inModules = readFileSync(join(ROOT, 'dist/bin/LICENCES.txt'), 'utf8');
  const licences = licencesOf(inModules, others, join(work, 'linux-x64/package/LICENSE'));
  writeFileSync(join(RELEASE, 'LICENCES.txt'), licences);
  // Of those too that were built earlier.
  const names = readdirSync(RELEASE).filter((name) => name.startsWith(`snapshot-${version}-`));
  const sums = names.toSorted().map((name) => {
    const sum = createHash('sha256')
      .update(readFileSync(join(RELEASE, name)))
      .digest('hex');
    return `${sum}  ${name}\n`;
  });
  writeFileSync(join(RELEASE, 'SHA256SUMS'), sums.join(''));
  process.stdout.write(sums.join(''));
} finally {
  rmSync(work, { recursive: true });
}
