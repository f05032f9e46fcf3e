// A process whose clock is the test's: loaded before the command.
//
// The time stands still until the program waits for it. Then the test is asked, over the channel between the two, and
// lets it pass. What the program prints goes the same way too, so that its order with the waiting is known.

/** What a process tells its test: when by its clock, and what. It waits for an answer to `sleep`, and for ever after `cut`. */
export type Told = { readonly nowMs: number } & (
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'print'; readonly text: string }
  /** A snapshot is all but there. */
  | { readonly kind: 'cut' }
);

/** What answers `sleep`. */
export interface Woken {
  readonly nowMs: number;
  /** Until then nothing happens that the process has to know of, unless it prints something. */
  readonly freeMs: number;
  /** When the power fails just before a snapshot is there; null: never. */
  readonly cutMs: number | null;
}

/** The variable with the time at the start, in milliseconds. */
export const CLOCK = 'SNAPSHOT_TEST_CLOCK';

/** A CommonJS text for `node --require`. */
export const CLOCK_HOOK: string = `
const { isMainThread } = require('node:worker_threads');
const { syncBuiltinESMExports } = require('node:module');
if (isMainThread) {
  let nowMs = Number(process.env.${CLOCK});
  const SystemDate = Date;
  globalThis.Date = class Date extends SystemDate {
    constructor(...args) {
      super(...(args.length === 0 ? [nowMs] : args));
    }
    static now() {
      return nowMs;
    }
  };
  if (process.channel !== undefined) takePart();

  function takePart() {
    const timers = require('node:timers/promises');
    const files = require('node:fs/promises');
    const { channel } = process;
    let [freeMs, cutMs] = [0, null];
    let wake = () => {};
    const tell = (told) => process.send({ nowMs, ...told });
    process.on('message', (woken) => {
      channel.unref();
      ({ nowMs, freeMs, cutMs } = woken);
      wake();
    });
    channel.unref();
    timers.setTimeout = (ms, value, { signal } = {}) =>
      new Promise((resolve, reject) => {
        const stop = () => {
          channel.unref();
          reject(signal.reason);
        };
        if (signal?.aborted) return stop();
        if (nowMs + ms < freeMs) {
          nowMs += ms;
          return setImmediate(resolve, value);
        }
        signal?.addEventListener('abort', stop);
        wake = () => {
          signal?.removeEventListener('abort', stop);
          resolve(value);
        };
        channel.ref();
        tell({ kind: 'sleep', ms });
      });
    const rename = files.rename;
    files.rename = async (from, to) => {
      if (nowMs !== cutMs || !String(to).endsWith('info.json')) return await rename(from, to);
      channel.ref();
      tell({ kind: 'cut' });
      return await new Promise(() => {});
    };
    syncBuiltinESMExports();
    const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (text, ...rest) => {
      freeMs = 0;
      tell({ kind: 'print', text: String(text) });
      return write(text, ...rest);
    };
  }
}
`;
