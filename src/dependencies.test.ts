// What comes with this program from elsewhere, held against lists: a new package, direct or not, shows up as a failure
// until somebody has looked at it and added it here. Offline, from package-lock.json.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

type Packages = Readonly<Record<string, Locked>>;

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Packages;
};

/** Licences that let anybody use, change and pass on. Each is in use. */
const LICENCES_SHIPPED: ReadonlySet<string> = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  // These come with archiver.
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-3-Clause',
]);
/** Of tools for those who work on the program; nothing of them is passed on. */
const LICENCES_DEV: ReadonlySet<string> = new Set([
  ...LICENCES_SHIPPED,
  '0BSD',
  // Data, not code: a list of browsers that Babel brings along.
  'CC-BY-4.0',
  'MPL-2.0',
]);

/** Builds that are in no registry although node-zstd names them: nothing is installed, so there is nothing to check. */
const NEVER_PUBLISHED: readonly string[] = [
  '@toondepauw/node-zstd-darwin-arm64',
  '@toondepauw/node-zstd-darwin-x64',
  '@toondepauw/node-zstd-freebsd-x64',
  '@toondepauw/node-zstd-linux-arm64-gnu',
  '@toondepauw/node-zstd-linux-arm64-musl',
  '@toondepauw/node-zstd-win32-x64-msvc',
];

/** Each package that is a dependency, what for, and which packages come with it. */
const SHIPPED: Readonly<Record<string, { readonly why: string; readonly brings: string }>> = {
  '@scure/base': { why: 'the letters of keys of age', brings: '' },
  archiver: {
    why: 'zips that are exported',
    // Those called bare-* are for another engine, and never loaded by Node.
    brings:
      'abort-controller async b4a balanced-match bare-buffer bare-events bare-fs bare-path bare-stream bare-url base64-js brace-expansion buffer buffer-crc32 compress-commons core-util-is crc-32 crc32-stream event-target-shim events events-universal fast-fifo ieee754 inherits is-stream isarray lazystream minimatch normalize-path process process-nextick-args readable-stream readdir-glob safe-buffer streamx string_decoder tar-stream teex text-decoder util-deprecate zip-stream',
  },
  aws4fetch: { why: 'signs requests to buckets', brings: '' },
  '@bokuweb/zstd-wasm': { why: 'zstd everywhere', brings: '' },
  'cli-table3': { why: 'tables', brings: '@colors/colors' },
  diff: { why: 'texts line by line', brings: '' },
  'csv-parse': { why: 'the plan', brings: '' },
  'fast-glob': {
    why: 'globs in the plan',
    brings:
      '@nodelib/fs.scandir @nodelib/fs.stat @nodelib/fs.walk braces fastq fill-range glob-parent is-extglob is-glob is-number merge2 micromatch picomatch queue-microtask reusify run-parallel to-regex-range',
  },
  hono: { why: 'answers requests to a library', brings: '' },
  '@hono/node-server': { why: 'hono on Node', brings: '' },
  uqr: { why: 'codes to scan', brings: '' },
  'hash-wasm': { why: 'BLAKE3 everywhere', brings: '' },
  ignore: { why: 'the syntax of .gitignore', brings: '' },
  'log-update': {
    why: 'the progress line',
    brings:
      'ansi-escapes ansi-regex ansi-styles cli-cursor environment get-east-asian-width is-fullwidth-code-point mimic-function onetime restore-cursor signal-exit slice-ansi string-width strip-ansi wrap-ansi',
  },
  nodemailer: { why: 'notices by mail', brings: '' },
  'node-cron': { why: 'reads cron expressions', brings: '' },
  pino: {
    why: 'the log',
    brings:
      '@pinojs/redact atomic-sleep on-exit-leak-free pino-abstract-transport pino-std-serializers process-warning quick-format-unescaped real-require safe-stable-stringify sonic-boom split2 thread-stream',
  },
  'pretty-bytes': { why: 'sizes for people', brings: '' },
  'pretty-ms': { why: 'durations for people', brings: 'parse-ms' },
  'rotating-file-stream': { why: 'the log', brings: '' },
  yargs: { why: 'the command line', brings: 'cliui emoji-regex escalade get-caller-file y18n yargs-parser' },
  '@koromix/koffi-darwin-arm64': { why: 'calls of the C library', brings: '' },
  '@koromix/koffi-darwin-x64': { why: 'calls of the C library', brings: '' },
  '@koromix/koffi-linux-arm64': { why: 'calls of the C library: extended attributes', brings: '' },
  '@koromix/koffi-linux-x64': { why: 'calls of the C library: extended attributes', brings: '' },
  '@napi-rs/blake-hash': {
    why: 'BLAKE3 where it loads, five times as fast',
    brings:
      '@napi-rs/blake-hash-android-arm64 @napi-rs/blake-hash-darwin-arm64 @napi-rs/blake-hash-darwin-x64 @napi-rs/blake-hash-freebsd-x64 @napi-rs/blake-hash-linux-arm64-gnu @napi-rs/blake-hash-linux-arm64-musl @napi-rs/blake-hash-linux-x64-gnu @napi-rs/blake-hash-linux-x64-musl @napi-rs/blake-hash-win32-arm64-msvc @napi-rs/blake-hash-win32-ia32-msvc @napi-rs/blake-hash-win32-x64-msvc',
  },
  '@toondepauw/node-zstd': {
    why: 'zstd on Node 20 for Linux on x64, at full speed',
    brings: `${NEVER_PUBLISHED.join(' ')} @toondepauw/node-zstd-linux-x64-gnu @toondepauw/node-zstd-linux-x64-musl`,
  },
};

/** The name of the package at a place: `node_modules/a/node_modules/b` is `b`. */
function nameOf(place: string): string {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

const entries = Object.entries(packages).filter(([place]) => place !== '');

/** What is wrong with a package, wherever it is used. */
function faultsOf(place: string, locked: Locked): readonly string[] {
  const name = nameOf(place);
  const licence = locked.license ?? 'none';
  const allowed = locked.dev === true ? LICENCES_DEV : LICENCES_SHIPPED;
  const from = locked.resolved ?? 'https://registry.npmjs.org/';
  return [
    ...(allowed.has(licence) ? [] : [`${name}: licence ${licence}`]),
    ...(locked.hasInstallScript === true ? [`${name}: has an install script`] : []),
    ...(locked.integrity?.startsWith('sha512-') === true || NEVER_PUBLISHED.includes(name)
      ? []
      : [`${name}: no integrity`]),
    ...(from.startsWith('https://registry.npmjs.org/') ? [] : [`${name}: from ${from}`]),
  ];
}

describe('every package', () => {
  it('has a licence that is known, its integrity, and no install script', () => {
    expect(entries.length).toBeGreaterThan(50);
    expect(entries.flatMap(([place, locked]) => faultsOf(place, locked))).toEqual([]);
  });

  it('that is installed says so itself: no script runs before or after, and nothing is compiled', () => {
    const found = entries.flatMap(([place]) => {
      const file = join(ROOT, place, 'package.json');
      if (!existsSync(file)) return [];
      const { scripts = {} } = JSON.parse(readFileSync(file, 'utf8')) as { scripts?: Record<string, string> };
      const hooks = ['preinstall', 'install', 'postinstall'].filter((hook) => hook in scripts);
      const compiles = existsSync(join(ROOT, place, 'binding.gyp')) ? ['binding.gyp'] : [];
      return [...hooks, ...compiles].map((what) => `${nameOf(place)}: ${what}`);
    });
    expect(found).toEqual([]);
  });

  it('with a fault would be found', () => {
    const good: Locked = { license: 'MIT', integrity: 'sha512-x' };
    expect(faultsOf('node_modules/a', good)).toEqual([]);
    for (const bad of [
      { license: 'GPL-3.0' },
      { license: 'MPL-2.0' },
      { hasInstallScript: true },
      { integrity: 'sha1-x' },
      { resolved: 'https://elsewhere.example/a.tgz' },
    ])
      expect(faultsOf('node_modules/a', { ...good, ...bad })).toHaveLength(1);
    expect(faultsOf('node_modules/a', { ...good, license: 'MPL-2.0', dev: true })).toEqual([]);
  });

  it('that is an exception is one still', () => {
    const names = new Set(entries.map(([place]) => nameOf(place)));
    expect(NEVER_PUBLISHED.filter((name) => !names.has(name))).toEqual([]);
    const used = new Set(entries.map(([, { license }]) => license));
    expect([...LICENCES_DEV].filter((licence) => !used.has(licence))).toEqual([]);
  });
});

describe('what is shipped', () => {
  const { dependencies = {}, optionalDependencies = {} } = packages[''] ?? {};

  it('depends on what is in the list, in one exact version', () => {
    const direct = { ...dependencies, ...optionalDependencies };
    expect(Object.keys(direct).toSorted()).toEqual(Object.keys(SHIPPED).toSorted());
    const exact = /^\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?$/;
    const all = Object.entries({ ...direct, ...packages['']?.devDependencies });
    expect(all.filter(([, version]) => !exact.test(version))).toEqual([]);
  });

  it('brings along what is in the list, and nothing else', () => {
    const listed = Object.entries(SHIPPED).flatMap(([name, { brings }]) => [name, ...brings.split(' ')]);
    const shipped = entries.filter(([, { dev }]) => dev !== true).map(([place]) => nameOf(place));
    expect([...new Set(shipped)].toSorted()).toEqual(listed.filter((name) => name !== '').toSorted());
  });
});
