// Decides what has to be done so that this library is what the other one is. Pure: no clock, no disk.
import type { Held, Holdings } from '../../serve/library/holdings.ts';
import { type BytePath, parentOf } from '../../tree/path.ts';
import type { RemoteChanges, RemoteFile } from './remote-changes.ts';

/** Content that is here already, under another name. */
export interface FromHere {
  readonly file: RemoteFile;
  readonly from: Held;
  /** `from` is the same file, which is called otherwise now. */
  readonly isMove: boolean;
  /** `from` will not be what it is: it is taken before anything else is done. */
  readonly isEarly: boolean;
}

/** Content that is not here. */
export interface ToFetch {
  readonly blake3: string;
  readonly size: number;
  /** All that have it; at least one. */
  readonly files: readonly RemoteFile[];
}

export interface RoundPlan {
  readonly retimes: readonly RemoteFile[];
  readonly fromHere: readonly FromHere[];
  readonly toFetch: readonly ToFetch[];
  /** Files that are there no more, under no name: they become versions. */
  readonly gone: readonly BytePath[];
  /** Files whose content gets another name, and whose own name goes or is taken by something else. */
  readonly moved: ReadonlySet<BytePath>;
  /** Those whose own name goes once the other one is there. */
  readonly leave: readonly BytePath[];
  /** Files that get other content. */
  readonly replaced: readonly BytePath[];
}

/** A time that differs by less is the same: numbers in JSON have no more. */
const SAME_MS = 1;

export function planRound({ isFull, puts, removed }: RemoteChanges, holdings: Holdings): RoundPlan {
  const retimes: RemoteFile[] = [];
  const wanted: RemoteFile[] = [];
  const replaced = new Set<BytePath>();
  for (const file of puts.values()) {
    const held = holdings.at(file.path);
    if (held?.blake3 === file.blake3) {
      if (Math.abs(held.mtimeMs - file.modifiedMs) >= SAME_MS) retimes.push(file);
      continue;
    }
    wanted.push(file);
    if (held !== undefined) replaced.add(file.path);
  }
  const candidates = isFull ? [...holdings.all()].map(({ path }) => path) : [...removed.keys()];
  const going = new Set(candidates.filter((path) => holdings.at(path) !== undefined && !puts.has(path)));

  const moved = new Set<BytePath>();
  const fromHere: FromHere[] = [];
  const toFetch = new Map<string, RemoteFile[]>();
  for (const file of wanted) {
    const found = sourceOf(file);
    if (found !== undefined) fromHere.push(found);
    else if (!push(toFetch, file)) toFetch.set(file.blake3, [file]);
  }

  const isInTheWay = wayOf(wanted, going);
  return {
    retimes,
    fromHere,
    toFetch: [...toFetch].map(([blake3, files]) => ({ blake3, size: files[0]?.size ?? 0, files })),
    gone: [...going].filter((path) => !moved.has(path) || isInTheWay(path)),
    moved: new Set([...moved].filter((path) => !going.has(path) || !isInTheWay(path))),
    leave: [...moved].filter((path) => going.has(path) && !isInTheWay(path)),
    replaced: [...replaced],
  };

  /** Where the content of `file` is here: one that goes is moved, one that stays is copied. */
  function sourceOf(file: RemoteFile): FromHere | undefined {
    const same = holdings.of(file.blake3).filter(({ size }) => size === file.size);
    const move =
      same.find(({ path }) => going.has(path) && !moved.has(path)) ??
      same.find(({ path }) => replaced.has(path) && !moved.has(path));
    if (move !== undefined) {
      moved.add(move.path);
      return { file, from: move, isMove: true, isEarly: true };
    }
    const stays = same.find(({ path }) => !going.has(path) && !replaced.has(path));
    const from = stays ?? same[0];
    return from === undefined ? undefined : { file, from, isMove: false, isEarly: stays === undefined };
  }
}

/** What of `plan` removes nothing. @param isOther - Nor replaces anything. */
export function withheld(plan: RoundPlan, isOther: boolean): RoundPlan {
  if (!isOther) return { ...plan, gone: [] };
  const replaced = new Set(plan.replaced);
  const isNew = ({ path }: { readonly path: BytePath }): boolean => !replaced.has(path);
  const fromHere = plan.fromHere.filter(({ file, from }) => isNew(file) && isNew(from));
  const moved = new Set(fromHere.flatMap(({ from, isMove }) => (isMove ? from.path : [])));
  return {
    retimes: [],
    fromHere,
    toFetch: plan.toFetch.flatMap((one) => {
      const files = one.files.filter(isNew);
      return files.length === 0 ? [] : [{ ...one, files }];
    }),
    gone: [],
    moved,
    leave: plan.leave.filter((path) => moved.has(path)),
    replaced: [],
  };
}

/** Whether a file that goes is where a folder is wanted, or in a folder where a file is. */
function wayOf(wanted: readonly RemoteFile[], going: ReadonlySet<BytePath>): (path: BytePath) => boolean {
  const files = new Set(wanted.map(({ path }) => path));
  const folders = new Set<BytePath>();
  for (const path of files) for (const folder of foldersOf(path)) if (going.has(folder)) folders.add(folder);
  return (path) => folders.has(path) || foldersOf(path).some((folder) => files.has(folder));
}

function foldersOf(path: BytePath): BytePath[] {
  const folders: BytePath[] = [];
  for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) folders.push(folder);
  return folders;
}

function push(map: Map<string, RemoteFile[]>, file: RemoteFile): boolean {
  const files = map.get(file.blake3);
  files?.push(file);
  return files !== undefined;
}
