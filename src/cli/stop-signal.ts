import { isHangupIgnored } from '../host/hangup.ts';

/** Aborts when the user or the system asks the program to end; a second time ends it at once. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** Gives the signals back to Node. */
  dispose(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function ignore(): void {}

/** Listens to Ctrl-C and its like. @param stopping - Called the first time. */
export function stopSignal(stopping: () => void): StopSignal {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      // A terminal that closes may send it twice: its shell, and the system.
      if (name === 'SIGHUP') return;
      // The locks and parts that stay are cleared away by the next run.
      // oxlint-disable-next-line unicorn/no-process-exit -- the user asked twice
      process.exit(130);
    }
    controller.abort();
    stopping();
  };
  // Node has made the default of a signal that was to be ignored: with a listener, it is ignored again.
  const isNoHangup = isHangupIgnored();
  const listeners = SIGNALS.map((name) => [name, name === 'SIGHUP' && isNoHangup ? ignore : stop] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    signal: controller.signal,
    dispose() {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
