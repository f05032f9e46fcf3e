// What an executable begins with, in its main thread and in each other one. Its modules are assets, which hooks of the loader give
// out below an address that no file can have: that of the executable itself, taken for a folder. `THREAD` is the module of
// another thread than the main one, written before this text.
'use strict';
const { registerHooks, isBuiltin, syncBuiltinESMExports } = require('node:module');
const sea = require('node:sea');
const { pathToFileURL } = require('node:url');
const threads = require('node:worker_threads');

const BASE = `${pathToFileURL(process.execPath).href}/`;
const assets = new Set(sea.getAssetKeys());

/** The asset that `specifier` means to the module at `parent`; undefined for what is no concern of ours. */
function assetOf(specifier, parent) {
  if (specifier.startsWith(BASE)) return specifier.slice(BASE.length);
  if (parent?.startsWith(BASE) !== true || isBuiltin(specifier)) return undefined;
  if (specifier.startsWith('./')) return new URL(specifier, parent).href.slice(BASE.length);
  return assets.has(`packages/${specifier}.cjs`) ? `packages/${specifier}.cjs` : `packages/${specifier}.node`;
}

/** Native code can be loaded from a file only: it has one for as long as that takes, in a folder that only this user can enter. */
const NATIVE = (key) => `
  const { mkdtempSync, writeFileSync, rmSync } = require('node:fs');
  const folder = mkdtempSync(require('node:path').join(require('node:os').tmpdir(), 'snapshot-native-'));
  try {
    writeFileSync(folder + '/native.node', new Uint8Array(require('node:sea').getRawAsset(${JSON.stringify(key)})), { mode: 0o700 });
    process.dlopen(module, folder + '/native.node');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }`;

registerHooks({
  resolve(specifier, context, next) {
    const key = assetOf(specifier, context.parentURL);
    if (key === undefined) return next(specifier, context);
    // Never looked for on the disk: above the executable there can be a node_modules that others write to.
    if (!assets.has(key)) {
      throw Object.assign(new Error(`The executable has no ${specifier}`), { code: 'MODULE_NOT_FOUND' });
    }
    return { url: BASE + key, format: key.endsWith('.js') ? 'module' : 'commonjs', shortCircuit: true };
  },
  load(url, context, next) {
    if (!url.startsWith(BASE)) return next(url, context);
    const key = url.slice(BASE.length);
    if (key.endsWith('.node')) return { source: NATIVE(key), format: 'commonjs', shortCircuit: true };
    const format = key.endsWith('.js') ? 'module' : 'commonjs';
    return { source: sea.getAsset(key, 'utf8'), format, shortCircuit: true };
  },
});

// A thread begins with the same text, as hooks are those of one thread.
threads.Worker = class extends threads.Worker {
  constructor(file, options) {
    const key = String(file).slice(BASE.length);
    super(`const THREAD = ${JSON.stringify(key)};\n${sea.getAsset('start.cjs', 'utf8')}`, {
      ...options,
      eval: true,
    });
  }
};
syncBuiltinESMExports();

// Not `import()` itself: in the main module of an executable that knows only what comes with Node.
// oxlint-disable-next-line typescript/no-implied-eval -- see above
const load = new Function('url', 'return import(url)');
load(BASE + (typeof THREAD === 'undefined' ? 'main.js' : THREAD)).catch((error) => {
  // As an error that nobody has caught.
  process.nextTick(() => {
    throw error;
  });
});
