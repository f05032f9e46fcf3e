// `.sync` at the root of a side: what it holds, and what was deleted, in the exact shape of an older tool (FileSync), so that this
// one goes on working:
//
//     {".":{".st":1637981552,".sd":0,"file1":{".st":1637981552,".sd":1},"gone":{".st":1637981600,".sd":null}}}
//
// `.st` is when it was changed, in seconds since 1970; `.sd` is 1 for a file, 0 for a folder, and null for what was deleted. It is
// a projection for others: this program never decides by it.
import { type BytePath, comparePaths, toText } from '../tree/path.ts';
import type { Item } from './item.ts';

/** Something that was deleted is told of for so long. */
const TOMBSTONE_S = 365 * 86_400;
/** Keys of the shape itself. */
const OWN_KEYS: ReadonlySet<string> = new Set(['.st', '.sd']);

/** An object of names, of which none means anything to JavaScript. */
type Node = Map<string, Node | number | null>;

/**
 * @param items - What is there.
 * @param before - The file as it was; what it tells of what is gone is told on.
 * @param nowMs - When what is missing now is said to have been deleted.
 */
export function formatDotSync(
  items: ReadonlyMap<BytePath, Item>,
  before: string | undefined,
  nowMs: number,
): string {
  const nowS = Math.floor(nowMs / 1000);
  const root: Node = new Map<string, Node | number | null>([
    ['.st', nowS],
    ['.sd', 0],
  ]);
  for (const [path, item] of [...items].toSorted(([a], [b]) => comparePaths(a, b))) {
    const names = namesOf(path);
    if (names === undefined || item.type === 'link') continue;
    const parent = nodeAt(root, names.slice(0, -1));
    const isFile = item.type === 'file';
    parent?.set(
      names.at(-1) ?? '',
      new Map<string, number>([
        ['.st', Math.floor(item.mtimeMs / 1000)],
        ['.sd', isFile ? 1 : 0],
      ]),
    );
  }
  const old = before === undefined ? undefined : parsed(before);
  if (old !== undefined) bury(root, old, nowS);
  return `{".":${textOf(root)}}`;
}

/** Whether two such files tell the same of what is there and gone, but for when the root was looked at. */
export function isSameDotSync(a: string, b: string): boolean {
  return withoutTime(a) === withoutTime(b);
}

function withoutTime(text: string): string {
  return text.replace(/^\{"\.":\{"\.st":\d+/, '');
}

function namesOf(path: BytePath): readonly string[] | undefined {
  const names = toText(path)?.split('/');
  return names?.some((name) => OWN_KEYS.has(name)) === true ? undefined : names;
}

function nodeAt(root: Node, names: readonly string[]): Node | undefined {
  let node: Node | undefined = root;
  for (const name of names) {
    const next: Node | number | null | undefined = node?.get(name);
    node = next instanceof Map ? next : undefined;
  }
  return node;
}

/** Tells in `now` of what `before` has and `now` does not. */
function bury(now: Node, before: Record<string, unknown>, nowS: number): void {
  for (const [name, value] of Object.entries(before)) {
    if (OWN_KEYS.has(name) || typeof value !== 'object' || value === null) continue;
    const old = value as Record<string, unknown>;
    const there = now.get(name);
    if (there instanceof Map) {
      if (there.get('.sd') === 0 && old['.sd'] === 0) bury(there, old, nowS);
      continue;
    }
    const isTold = old['.sd'] === null && typeof old['.st'] === 'number';
    const at = isTold ? (old['.st'] as number) : nowS;
    if (nowS - at > TOMBSTONE_S) continue;
    now.set(
      name,
      new Map<string, number | null>([
        ['.st', at],
        ['.sd', null],
      ]),
    );
  }
}

/** What the root of a file in this shape holds; undefined when it has another one. */
function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const raw = JSON.parse(text) as Record<string, unknown> | null;
    const root = raw?.['.'];
    return typeof root === 'object' && root !== null ? (root as Record<string, unknown>) : undefined;
  } catch {
    // Whatever it is, it is made anew.
    return undefined;
  }
}

function textOf(node: Node | number | null): string {
  if (!(node instanceof Map)) return JSON.stringify(node);
  return `{${[...node].map(([name, value]) => `${JSON.stringify(name)}:${textOf(value)}`).join(',')}}`;
}
