import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * Loads a package with native code, as napi-rs builds them: one that chooses, and one for each platform.
 *
 * On Linux the one that chooses asks Node for a diagnostic report to learn which C library there is. That
 * takes 12 ms in every thread, so the usual choice is tried first.
 *
 * @throws when there is none for this platform.
 */
export function loadNative(name: string): unknown {
  if (process.platform === 'linux') {
    try {
      return createRequire(require.resolve(name))(`${name}-linux-${process.arch}-gnu`);
    } catch {
      // Another C library, or another processor: the package knows better.
    }
  }
  return require(name);
}
