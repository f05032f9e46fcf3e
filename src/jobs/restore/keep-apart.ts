// Nothing that belongs to a series is removed, replaced or mixed with what is restored, whoever's series it is.
import { realpath } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { SnapshotError } from '../../base/errors.ts';
import { isInside } from '../../plan/place.ts';
import { isAllKept, keptAt, keptIn, type KeptPlace, TELLING } from '../../series/recognise.ts';
import { globFor } from '../../tree/globs.ts';
import { baseName, type BytePath, display, fromText, parentOf } from '../../tree/path.ts';
import type { TargetFolder } from './restore-target.ts';
import type { Step } from './target-plan.ts';

const TOP = '' as BytePath;
const HINT = 'Nothing was written. Restore to a folder that is apart from all backups.';

export interface Surroundings {
  /** The folder of the series that is restored from. */
  readonly series: string;
  /** Where the plan has series. */
  readonly destinations: readonly string[];
  /** Where the snapshot was taken from: that may hold a destination, or lie in one. */
  readonly source: string;
  readonly deletes: boolean;
  /** Whether the snapshot has a path: it may hold series itself, and may complete them. */
  readonly isWanted: (path: BytePath) => boolean;
}

/**
 * Refuses a target that is, or lies in, a series, a snapshot or a destination, and one right around such. What lies deeper
 * in it is for {@link refuseKept}.
 *
 * @throws {@link SnapshotError} `E_USAGE` that names what it is.
 */
export async function keepApart(target: TargetFolder, around: Surroundings): Promise<void> {
  const { root } = target;
  const series = await realpath(around.series).catch(() => resolve(around.series));
  if (isInside(root, series)) throw refused(root, 'lies in the series', series);
  if (around.deletes && isInside(series, root)) {
    throw new SnapshotError(
      'E_USAGE',
      `With --delete, a restore to "${root}" would delete the series in it`,
      {
        hint: HINT,
      },
    );
  }
  const isSource = root === (await realpath(around.source).catch(() => resolve(around.source)));
  await refuseAbove(target, isSource, around.destinations);
  if (isSource) return;
  // Right below the target, or one deeper: then it is, or holds, the destination.
  if (isInside(series, root) && relative(root, series).split(sep).length <= 2)
    throw refused(root, 'holds the series', series);
  if (target.exists) await refuseBelow(root, around.isWanted);
}

/**
 * Refuses a file that would lie in a series, a snapshot or a destination.
 *
 * @param file - Absolute, its folder free of links.
 * @throws {@link SnapshotError} `E_USAGE` that names what it is.
 */
export async function keepFileApart(file: string, destinations: readonly string[]): Promise<void> {
  await refuseAbove({ root: file, exists: true }, false, destinations, refusedFile);
}

type Refusal = (root: string, what: string, place: string | undefined) => SnapshotError;

function refusedFile(file: string, what: string, place: string | undefined): SnapshotError {
  const which = place === undefined ? '' : ` "${place}"`;
  return new SnapshotError('E_USAGE', `"${file}" ${what}${which}, where only backups belong`, {
    hint: 'Nothing was written. Name a file that is apart from all backups.',
  });
}

/** Looks at all folders that the target lies in. */
async function refuseAbove(
  { root, exists }: Pick<TargetFolder, 'root' | 'exists'>,
  isSource: boolean,
  destinations: readonly string[],
  says: Refusal = refused,
): Promise<void> {
  /** Undefined as long as nothing but the way to the target was seen. */
  let isAmong: boolean | undefined = isSource ? false : undefined;
  for (let [at, below] = [exists ? dirname(root) : root, root]; ; [at, below] = [dirname(at), at]) {
    const place = await keptAt(at, TOP);
    if (place !== undefined && !(isSource && place.kind === 'destination'))
      throw says(root, `lies in the ${place.kind}`, at);
    isAmong ??= await isAllKept(at, fromText(basename(below)));
    if (isAmong === true) throw says(root, 'lies in the destination', at);
    if (dirname(at) === at) break;
  }
  if (isSource) return;
  for (const destination of destinations) {
    const folder = await realpath(destination).catch(() => resolve(destination));
    if (root === folder) throw says(root, 'is a destination of the plan', undefined);
    if (isInside(root, folder)) throw says(root, 'lies in the destination', folder);
  }
}

/** Looks at the target itself, and at the folders in it. */
async function refuseBelow(root: string, isWanted: (path: BytePath) => boolean): Promise<void> {
  const own = await keptAt(root, TOP);
  if (own !== undefined && !own.evidence.some(isWanted)) throw refused(root, `is a ${own.kind}`, undefined);
  for (const { kind, path, evidence } of await keptIn(root, TOP)) {
    if (!evidence.some(isWanted)) throw refused(root, `holds the ${kind}`, `${root}${sep}${display(path)}`);
  }
}

function refused(root: string, what: string, place: string | undefined): SnapshotError {
  const which = place === undefined ? '' : ` "${place}"`;
  return new SnapshotError('E_USAGE', `"${root}" ${what}${which}, which a restore must not change`, {
    hint: HINT,
  });
}

/**
 * The series and destinations in a target.
 *
 * @param folders - Wanted ones that are there, and could be such.
 * @param extras - All else there is, if it may be deleted.
 */
export async function findKept(
  root: string,
  folders: readonly BytePath[],
  extras: readonly { readonly path: BytePath }[],
): Promise<readonly KeptPlace[]> {
  const telling = extras.filter(({ path }) => TELLING.test(baseName(path)));
  const places: KeptPlace[] = [];
  for (const folder of new Set([...folders, ...telling.map(({ path }) => parentOf(path))])) {
    const place = await keptAt(root, folder);
    if (place !== undefined) places.push(place);
  }
  return places;
}

/**
 * Refuses steps that would change what belongs to a series in the target. Where the snapshot has that series too, what
 * is missing may be added; else its folders are left as they are.
 *
 * @returns The steps to take.
 * @throws {@link SnapshotError} `E_USAGE` that names the series.
 */
export function refuseKept(
  root: string,
  steps: readonly Step[],
  places: readonly KeptPlace[],
  isWanted: (path: BytePath) => boolean,
): readonly Step[] {
  if (places.length === 0) return steps;
  const own = new Map(places.map((place) => [place, place.evidence.some(isWanted)]));
  const touched = new Map<KeptPlace, number>();
  const left = steps.map((step): Step => {
    const place = places.find((one) => isOf(step.path, one));
    if (place === undefined || step.do === 'leave' || step.do === 'refuse') return step;
    const isOwn = own.get(place) === true;
    if (step.do === 'same') return isOwn ? step : { ...step, isUntouched: true };
    if (isOwn && (step.do === 'make' || step.do === 'set')) return step;
    touched.set(place, (touched.get(place) ?? 0) + 1);
    return step;
  });
  const [first, ...more] = touched;
  if (first === undefined) return left;
  const [{ kind, path }, count] = first;
  const others = more.length === 0 ? '' : ` (and ${more.length} more of that kind)`;
  const glob = path === '' ? '/NAME' : globFor(path);
  const what = count === 1 ? 'a path' : `${count} paths`;
  const place = path === '' ? root : `${root}${sep}${display(path)}`;
  throw new SnapshotError(
    'E_USAGE',
    `The restore would change ${what} of the ${kind} "${place}"${others}: only its own rotation removes what belongs to a series`,
    {
      hint: `Nothing was written. Restore to another folder, or leave that one out with the glob '!${glob}'.`,
    },
  );
}

/** Of a destination, only what tells that it is one. */
function isOf(path: BytePath, { kind, path: folder, evidence }: KeptPlace): boolean {
  if (kind === 'destination') return evidence.includes(path);
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}
