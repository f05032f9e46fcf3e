// The newest lines of the log, for who looks at it.
import { open } from 'node:fs/promises';
import { systemCode } from '../../base/errors.ts';

export interface LogLine {
  readonly time: string;
  readonly level: string;
  /** Undefined where it concerns none. */
  readonly row: string | undefined;
  readonly message: string;
}

/** Of the end of the file so much is read. */
const TAIL_BYTES = 128 * 1024;

/** The newest `most` lines of `file`, newest first; none when there is no such file. A line that is no JSON is left out. */
export async function logTail(file: string, most: number): Promise<readonly LogLine[]> {
  const text = await endOf(file);
  return text
    .split('\n')
    .flatMap((line) => lineOf(line))
    .slice(-most)
    .toReversed();
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return '';
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await handle.close();
  }
}

function lineOf(line: string): readonly LogLine[] {
  try {
    const { time, level, row, msg } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (typeof time !== 'string' || typeof level !== 'string' || typeof msg !== 'string') return [];
    return [{ time, level, row: typeof row === 'string' ? row : undefined, message: msg }];
  } catch {
    return [];
  }
}
