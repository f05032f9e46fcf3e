/** One line that says what is going on, drawn over itself; on a terminal only. */
export interface StatusLine {
  show(text: string): void;
  /** Leaves no trace of it. */
  clear(): void;
}

/** Often enough to see that something moves. */
const DRAW_MS = 100;

/** @param isWanted - Whether there is one to look at it. */
export function statusLine(stream: NodeJS.WriteStream, isWanted: boolean): StatusLine {
  if (!isWanted || !stream.isTTY) return { show() {}, clear() {} };
  let drawnAt = -DRAW_MS;
  let isDrawn = false;
  return {
    show(text) {
      const now = performance.now();
      if (now - drawnAt < DRAW_MS) return;
      drawnAt = now;
      isDrawn = true;
      stream.write(`\r\u001B[K${text.slice(0, Math.max(0, stream.columns - 1))}`);
    },
    clear() {
      if (isDrawn) stream.write('\r\u001B[K');
      isDrawn = false;
    },
  };
}
