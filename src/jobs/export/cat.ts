// One file of a snapshot, to whoever takes its bytes.
import { printable, SnapshotError } from '../../base/errors.ts';
import { whileShared } from '../../series/lock/shared-lock.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { type BytePath, display, fromText } from '../../tree/path.ts';
import { UnpackPool } from '../../unpack/pool.ts';
import { chooseSnapshot } from '../address.ts';
import { type Choosing, Wanted } from '../restore/wanted.ts';
import { Contents } from './contents.ts';

export interface CatOptions {
  /** As `snapshot files` shows it; or what it is, exactly. */
  readonly path: string | { readonly bytes: BytePath };
  /** Which snapshot. */
  readonly at: string;
  readonly signal: AbortSignal;
  readonly note: (message: string) => void;
  /** @returns False when nobody wants more. */
  readonly write: (bytes: Uint8Array) => Promise<boolean>;
}

/**
 * Hands out the content of a file: once it is verified; or, where it is too large for memory, while it is.
 *
 * @throws {@link SnapshotError} `E_USAGE` when there is no such file. `E_DAMAGED` when nothing in the series has it as it was:
 *   what a large file has handed out by then is not to be trusted. The reason of `signal`.
 */
export async function cat(series: Series, options: CatOptions): Promise<void> {
  await whileShared(series, options.note, async () => await catFile(series, options));
}

async function catFile(series: Series, options: CatOptions): Promise<void> {
  const { signal, note, write } = options;
  const { snapshots, ...others } = await series.survey();
  const snapshot = chooseSnapshot({ snapshots, ...others }, options.at);
  const { wanted, i } = await findFile(series, snapshot, options);
  const pool = new UnpackPool();
  try {
    const whenLost = 'What was written of it, if anything, is not to be trusted.';
    const contents = new Contents({ series, snapshots, wanted, pool, signal, note, whenLost });
    for await (const { content } of contents.read([i])) {
      for await (const piece of content instanceof Uint8Array ? [content] : content)
        if (!(await write(piece))) return;
    }
  } finally {
    await pool.close();
  }
}

interface FoundFile {
  readonly wanted: Wanted;
  /** Its number there. */
  readonly i: number;
}

/** @throws {@link SnapshotError} `E_USAGE` when what is there is no file, or nothing is. */
async function findFile(
  series: Series,
  snapshot: Snapshot,
  { path, signal }: CatOptions,
): Promise<FoundFile> {
  const isTyped = typeof path === 'string';
  const plain = isTyped ? path.replace(/^(?:\.?\/+)+/, '').replace(/\/+$/, '') : display(path.bytes);
  const exact = isTyped ? fromText(plain) : path.bytes;
  const tries = [(at: BytePath) => at === exact];
  // What cannot be typed is named as it is shown, which may be the name of another file.
  if (isTyped) tries.push((at) => at !== '' && display(at) === plain);
  for (const isIt of tries) {
    const choosing: Choosing = { isAll: false, mayHave: isIt, has: isIt };
    const wanted = await Wanted.read(series, snapshot, choosing, signal);
    const i = wanted.entries.length - 1;
    if (i < 0) continue;
    const { type, target = '' as BytePath } = wanted.entries.at(i);
    if (type === 'file') return { wanted, i };
    const is = type === 'folder' ? 'a folder' : `a link, to "${display(target)}"`;
    throw new SnapshotError('E_USAGE', `"${printable(plain)}" in ${snapshot.name} is ${is}`, {
      hint:
        type === 'folder'
          ? 'Name one file in it. `snapshot export` makes one archive of a folder.'
          : 'Name the file itself.',
    });
  }
  const skipped = snapshot.info.skipped.find((one) => one.path === plain);
  const why = skipped === undefined ? '' : `: it was left out, ${printable(skipped.reason)}`;
  throw new SnapshotError('E_USAGE', `There is no file "${printable(plain)}" in ${snapshot.name}${why}`, {
    hint: '`snapshot files` lists what there is.',
  });
}
