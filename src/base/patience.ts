// Windows lets nobody rename, replace or remove what another program looks at: a virus scanner, an indexer, another run.
// Such looks are short. POSIX systems let everybody do it at once.
import { setTimeout as delay } from 'node:timers/promises';
import { systemCode } from './errors.ts';

/** What Windows says of a file that somebody looks at, or that is gone once the last one has closed it. */
const PASSING: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY']);

/** Together 2 s; the first ones are short, as most looks are. */
const WAITS_MS = [5, 10, 20, 40, 75, 150, 300, 600, 800] as const;

/**
 * So much is waited in vain, one call after another, before calls fail at once: what others will not let go, as a folder
 * full of running programs, would else take 2 s for each file.
 */
const IN_VAIN_MS = 20_000;
let inVainMs = 0;

function isPassing(error: unknown, platform: NodeJS.Platform): boolean {
  return platform === 'win32' && PASSING.has(systemCode(error) ?? '') && inVainMs < IN_VAIN_MS;
}

/** The wait before try number `n` once more, counted from 0; undefined when there is none. */
function nextWait(n: number, error: unknown, platform: NodeJS.Platform): number | undefined {
  if (!isPassing(error, platform)) return undefined;
  const ms = WAITS_MS[n];
  if (ms === undefined) inVainMs += WAITS_MS.reduce((sum, one) => sum + one, 0);
  return ms;
}

/**
 * What `call` gives; on Windows it is tried again for about 2 s as long as it fails because others look at the file.
 *
 * @param platform - For tests.
 * @param pause - For tests.
 */
export async function patiently<T>(
  call: () => Promise<T>,
  platform: NodeJS.Platform = process.platform,
  pause: (ms: number) => Promise<unknown> = delay,
): Promise<T> {
  for (let n = 0; ; n++) {
    try {
      const result = await call();
      inVainMs = 0;
      return result;
    } catch (error) {
      const ms = nextWait(n, error, platform);
      if (ms === undefined) throw error;
      await pause(ms);
    }
  }
}

const CLOCK = new Int32Array(new SharedArrayBuffer(4));

/** As {@link patiently}, for threads that may wait. */
export function patientlySync<T>(
  call: () => T,
  platform: NodeJS.Platform = process.platform,
  pause: (ms: number) => unknown = (ms) => Atomics.wait(CLOCK, 0, 0, ms),
): T {
  for (let n = 0; ; n++) {
    try {
      const result = call();
      inVainMs = 0;
      return result;
    } catch (error) {
      const ms = nextWait(n, error, platform);
      if (ms === undefined) throw error;
      pause(ms);
    }
  }
}
