// Calls of the C library that Node has none for. They go through the build of koffi for this platform, which is optional:
// without it, what takes them is not kept, and that is said. The package `koffi` itself, which chooses among the builds,
// runs a script when it is installed, and so is none of ours.
import { createRequire } from 'node:module';
import { isSea } from 'node:sea';

const require = createRequire(import.meta.url);

/** A function of the C library. */
type Call = (...args: readonly unknown[]) => number | bigint;

interface Koffi {
  load(file: string | null): { func(name: string, result: string, args: readonly string[]): Call };
  errno(): number;
}

const PLATFORMS: ReadonlySet<string> = new Set(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']);

/** The C library of this process. */
export interface SystemCalls {
  /** @param result - Its C type; `args` are those of what it takes. */
  readonly func: (name: string, result: 'int' | 'int64_t', args: readonly string[]) => Call;
  /** What the last call has left. */
  readonly errno: () => number;
}

/** Whether the calls are likely to be had: asked without loading them, which takes milliseconds, where that says enough. */
export function hasSystemCalls(): boolean {
  const name = packageName();
  if (name === undefined) return false;
  // An executable has them always, and can load them only where files in the temporary folder may be executed.
  if (isSea()) return systemCalls() !== undefined;
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** What is lost without the calls, for people; undefined where they are, and on Windows, which has nothing of the kind. */
export function missingCalls(): string | undefined {
  if (process.platform === 'win32' || hasSystemCalls()) return undefined;
  const reason = isSea()
    ? 'no program may lie in the temporary folder (TMPDIR)'
    : 'an optional package for calls of the system is not installed';
  return `extended attributes are not kept, and sparse files are stored whole: ${reason}`;
}

function packageName(): string | undefined {
  const platform = `${process.platform}-${process.arch}`;
  // The variable is for tests, and for systems that refuse such calls.
  const isOff = process.env['SNAPSHOT_NATIVE_CALLS'] === 'no';
  return PLATFORMS.has(platform) && !isOff ? `@koromix/koffi-${platform}` : undefined;
}

let loaded: SystemCalls | false | undefined;

/** Undefined where there is no build for this platform, or it was not installed. */
export function systemCalls(): SystemCalls | undefined {
  loaded ??= load();
  return loaded === false ? undefined : loaded;
}

function load(): SystemCalls | false {
  const name = packageName();
  if (name === undefined) return false;
  try {
    const koffi = require(name) as Koffi;
    const library = koffi.load(null);
    return {
      func: (called, result, args) => library.func(called, result, args),
      errno: () => koffi.errno(),
    };
  } catch {
    return false;
  }
}
