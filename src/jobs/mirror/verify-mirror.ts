// Holds a mirror against what is known of it: that a file is there, its size and time; or, read to its end, its content.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { gravestStatus, reasonOf, systemCode } from '../../base/errors.ts';
import { type Held, isAsLeft } from '../../mirror/held.ts';
import { MirrorThread } from '../../mirror/thread.ts';
import type { Series } from '../../series/series.ts';
import { display, systemPath } from '../../tree/path.ts';
import type { VerifyEnd, VerifyReport } from '../verify/verify-events.ts';
import { openMirror } from './open-mirror.ts';

interface VerifyMirrorOptions {
  readonly level: 'quick' | 'full';
  readonly signal: AbortSignal;
  readonly report: VerifyReport;
}

/** What differs is put right by the next run; what differs in content alone, by one with `--rehash`. */
export async function verifyMirror(series: Series, options: VerifyMirrorOptions): Promise<VerifyEnd> {
  const { level, signal, report } = options;
  const startedMs = performance.now();
  const { root, state } = await openMirror(series);
  const thread = new MirrorThread();
  let damages = 0;
  let readBytes = 0;
  const differs = (held: Held, what: string): void => {
    damages++;
    report({ event: 'damage', series: series.title, file: display(held.path), what, snapshots: [] });
  };
  try {
    const there = new Map(
      (await thread.run({ kind: 'list', root, clears: false })).map((one) => [one.path, one]),
    );
    const files = [...state.held.values()].filter(({ type }) => type === 'file');
    const total = level === 'full' ? files.reduce((sum, { size }) => sum + size, 0) : 0;
    for (const held of state.held.values()) {
      signal.throwIfAborted();
      const found = there.get(held.path);
      if (found === undefined) differs(held, 'is not in the mirror any more');
      else if (found.type !== held.type) differs(held, `is a ${found.type} now`);
      else if (held.type !== 'folder' && !isAsLeft(found, held))
        differs(held, 'was changed in the mirror, as its size or time says');
      else if (held.type === 'file' && level === 'full') {
        const hash = await hashOf(systemPath(root, held.path), signal);
        readBytes += held.size;
        report({ event: 'progress', series: series.title, phase: 'read', done: readBytes, total });
        if (hash !== held.hash)
          differs(
            held,
            hash.startsWith('cannot') ? hash : 'has another content, though size and time are the same',
          );
      }
    }
    return {
      event: 'series',
      series: series.title,
      folder: root,
      looked: level,
      snapshots: 0,
      archives: 0,
      readPieces: 0,
      pieces: 0,
      readBytes,
      damages,
      lost: 0,
      durationMs: Math.round(performance.now() - startedMs),
      status: gravestStatus([damages > 0 ? 1 : 0]),
      mirror: { files: files.length, scanned: state.scanned?.toISOString() ?? null },
    };
  } finally {
    await thread.close();
  }
}

async function hashOf(file: string | Buffer, signal: AbortSignal): Promise<string> {
  const digest = createHash('sha256');
  try {
    for await (const bytes of createReadStream(file, { signal })) digest.update(bytes as Buffer);
    return digest.digest('hex');
  } catch (error) {
    signal.throwIfAborted();
    if (systemCode(error) === undefined) throw error;
    return `cannot be read: ${reasonOf(error)}`;
  }
}
