// Copies single paths at once: to their place in a mirror, or else to `DEST/pushed/HOST/PATH`, which no scan removes.
import { realpathSync } from 'node:fs';
import { join, parse, relative, sep } from 'node:path';
import { reasonOf, SnapshotError } from '../../base/errors.ts';
import { thisMachine } from '../../host/machine.ts';
import { decide, touchedBy } from '../../mirror/decide.ts';
import { DATA_FOLDER } from '../../mirror/held.ts';
import { thereAt } from '../../mirror/listing.ts';
import type { StepEnd } from '../../mirror/steps.ts';
import { MirrorThread } from '../../mirror/thread.ts';
import { stampOf } from '../../mirror/version-name.ts';
import { whileLocked } from '../../series/lock/while-locked.ts';
import { Series } from '../../series/series.ts';
import { openStore } from '../../store/open-store.ts';
import type { Entry } from '../../tree/entry.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import { type BytePath, display, fromText, join as joinPath, systemPath } from '../../tree/path.ts';
import { identify, isApart } from '../../tree/apart.ts';
import { matching } from '../../tree/left-out.ts';
import { startScan } from '../../tree/scan.ts';
import { scanTree } from '../../tree/scanner.ts';
import { refuseKept } from './refuse-kept.ts';

/** What became of a push. */
export interface Pushed {
  /** Where it is now. */
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  /** Files that were there already, as they are. */
  readonly same: number;
  readonly problems: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * Copies `path`, a file or a folder with all that is in it, to `DEST/pushed/HOST/PATH`. What was there becomes a version.
 *
 * @param dest - A folder of this machine.
 * @throws {@link SnapshotError} `E_ROW` when it is not there, or the destination is a series; `E_LOCKED` while another push is at work.
 */
export async function pushTo(path: string, dest: string, signal: AbortSignal): Promise<Pushed> {
  const real = realOf(path);
  const { root: top } = parse(real);
  // `C:\` is C, and `\\nas\share\` nas-share.
  const drive = top
    .split(/[/\\:]+/)
    .filter((part) => part !== '')
    .join('-');
  const keep = [
    'pushed',
    thisMachine().host.replaceAll(/[/\\:*?"<>|]/g, '_'),
    ...(drive === '' ? [] : [drive]),
  ];
  const root = join(dest, ...keep);
  await refuseKept(root);
  const series = new Series(openStore(dest), [...keep, DATA_FOLDER].join('/'));
  const thread = new MirrorThread();
  try {
    return await whileLocked(
      series,
      () => {},
      async () => {
        // The lock has made it.
        const place = { source: top, root: realpathSync(root) };
        const { entries, problems } = await entriesFor(real, place, signal);
        const steps = decide({
          source: entries,
          there: entries.flatMap(({ path: one }) => thereAt(place.root, one) ?? []),
          held: new Map(),
          isLeftAlone: () => true,
          mounts: new Set(),
          rehash: false,
        });
        const stamp = stampOf(new Date());
        const first = steps.filter((step) => step.do !== 'meta');
        const ends = await thread.run({ kind: 'place', place: { ...place, stamp }, steps: first });
        // Those of folders that were there are others' as well.
        const made = new Set(first.flatMap((step) => (step.do === 'folder' ? [step.path] : [])));
        const metas = touchedBy(first).flatMap((folder) => {
          const entry = entries.find((one) => one.path === folder);
          return entry === undefined || !made.has(folder)
            ? []
            : [{ do: 'meta' as const, path: folder, entry }];
        });
        await thread.run({ kind: 'place', place: { ...place, stamp }, steps: metas });
        const failed = ends.flatMap((end, i) => {
          const reason = failureOf(end);
          return reason === undefined ? [] : [{ path: display(first[i]?.path ?? ('' as BytePath)), reason }];
        });
        return {
          folder: join(place.root, relative(top, real)),
          files: ends.filter(({ entry, isSame }) => entry?.type === 'file' && isSame !== true).length,
          bytes: ends.reduce((sum, { bytes }) => sum + bytes, 0),
          same: ends.filter(({ entry, isSame }) => entry?.type === 'file' && isSame === true).length,
          problems: [...problems, ...failed],
        };
      },
    );
  } finally {
    await thread.close();
    await series.store.close();
  }
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw new SnapshotError('E_ROW', `Cannot push "${path}": ${reasonOf(cause)}`, { cause });
  }
}

function failureOf({ failed, isVanished, isUnsettled, refused }: StepEnd): string | undefined {
  if (isVanished === true) return 'vanished';
  if (isUnsettled === true) return 'changed while it was read';
  return failed ?? refused;
}

/**
 * What is at `real`, its paths from the top on, and the folders on the way. What was pushed lies in it where the destination does:
 * that would go into itself, once more with each push.
 */
async function entriesFor(
  real: string,
  { source: top, root }: { readonly source: string; readonly root: string },
  signal: AbortSignal,
): Promise<{ entries: readonly Entry[]; problems: Pushed['problems'] }> {
  const table = new EntryTable();
  const known = await identify(root);
  const apart = known === undefined ? [] : [{ ...known, way: [], what: 'is where it is pushed to' }];
  const tree = await scanTree(real, signal, table, () => {}, startScan(real, matching([]), apart));
  const prefix = fromText(relative(top, tree.root).split(sep).join('/'));
  const found = Array.from({ length: table.length }, (_, i) => table.at(i)).map((entry) => ({
    ...entry,
    path: entry.path === '' ? prefix : prefix === '' ? entry.path : joinPath(prefix, entry.path),
  }));
  const names = prefix === '' ? [] : prefix.split('/');
  const above = names.map((_, depth) => names.slice(0, depth + 1).join('/') as BytePath);
  const folders = above
    .filter((path) => found[0]?.path !== path)
    .map((path) => ({ ...startScan(String(systemPath(top, path))).entry, path }));
  const problems = tree.problems
    .filter(({ kind, path }) => kind !== 'special' || !isApart(apart, systemPath(real, path)))
    .map(({ path, reason }) => ({ path: display(path), reason }));
  return { entries: [...folders, ...found], problems };
}
