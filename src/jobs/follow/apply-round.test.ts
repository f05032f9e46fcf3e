import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { loadBlake3 } from '../../hash/blake3.ts';
import { readVersions } from '../../mirror/versions.ts';
import { Library } from '../../serve/library/library.ts';
import { Room } from '../../serve/library/room.ts';
import { type BytePath, fromText } from '../../tree/path.ts';
import { RoundRun } from './apply-round.ts';
import { PartFile } from './part-file.ts';
import { FilePlacer } from './place-file.ts';
import { planRound } from './plan-round.ts';
import { ReadingClient } from './reading-client.ts';
import type { RemoteFile } from './remote-changes.ts';
import type { RoundTools } from './round-tools.ts';
import { copyPart, takeHere } from './take-here.ts';
import { VersionsHere } from './versions-here.ts';

const blake3 = await loadBlake3();
const LIMITS = { mostFileBytes: 1e9, quotaBytes: undefined, minFreeBytes: 0 };

let root: string;
let tools: RoundTools;

const file = (name: string): string => join(root, 'files/anna', name);

/** A library that knows three files. */
beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-follow-')));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const at = { files: file(''), data: join(root, 'data') };
  for (const folder of [at.files, join(at.data, 'parts'), join(at.data, 'fetching')])
    mkdirSync(folder, { recursive: true });
  for (const name of ['a', 'b', 'c']) writeFileSync(file(name), `content of ${name}`);
  const library = await Library.open(at, blake3, LIMITS);
  onTestFinished(async () => await library.close());
  await library.sync();
  const { signal } = new AbortController();
  const client = new ReadingClient('http://127.0.0.1:9', 'none', undefined, signal);
  onTestFinished(() => client.close());
  const placer = new FilePlacer(library, new VersionsHere(root, 'anna', () => new Date()));
  const [fetching, parts] = [join(at.data, 'fetching'), join(at.data, 'parts')];
  tools = { library, client, placer, blake3, room: new Room(at.files, LIMITS), fetching, parts, signal };
});

/** What the first library has: what is known here of `of`, at `path`. */
function remote(path: string, of: string = path, modifiedMs?: number): RemoteFile {
  const held = tools.library.holdings.at(fromText(of));
  if (held === undefined) throw new Error(`${of} is not known`);
  const { size, mtimeMs, blake3: hash } = held;
  return { path: fromText(path), n: 1, size, modifiedMs: modifiedMs ?? mtimeMs, blake3: hash };
}

async function versions(): Promise<readonly string[]> {
  const found = await readVersions(root);
  return found.map(({ file: at }) => readFileSync(join(root, '.snapshot-data/versions', at ?? ''), 'utf8'));
}

describe('what somebody changes at the last moment', () => {
  it('becomes a version, although its name was moved away', async () => {
    writeFileSync(file('a'), 'changed here');
    for (const name of ['a', 'b']) await tools.placer.remove(fromText(name), true);
    expect(await versions()).toEqual(['changed here']);
    expect(['a', 'b', 'c'].map((name) => existsSync(file(name)))).toEqual([false, false, true]);
  });

  it('gets no other time, and is no content to move', async () => {
    utimesSync(file('a'), 1_500_000_000, 1_500_000_000);
    await tools.placer.retime(remote('a', 'a', 1_000_000_000_000));
    expect(statSync(file('a')).mtimeMs).toBe(1_500_000_000_000);
    const from = tools.library.holdings.at(fromText('a'));
    if (from === undefined) throw new Error('it is known');
    expect(
      await takeHere({ file: remote('x', 'a'), from, isMove: true, isEarly: true }, tools),
    ).toBeUndefined();
  });
});

it('takes no name away whose content could not get the other one', async () => {
  // A folder has it.
  mkdirSync(file('taken'));
  const puts = new Map<BytePath, RemoteFile>(
    [remote('taken', 'a'), remote('free', 'b')].map((one) => [one.path, one]),
  );
  const removed = new Map(['a', 'b'].map((name) => [fromText(name), 2]));
  const plan = planRound({ isFull: false, puts, removed, refused: [], n: 2 }, tools.library.holdings);
  const run = new RoundRun(tools, plan, () => {});
  await run.go();
  expect([...run.failed.keys()]).toEqual(['taken']);
  expect(['a', 'b', 'free'].map((name) => existsSync(file(name)))).toEqual([true, false, true]);
});

it('gives each of several files of one content the time of its own', async () => {
  const part = join(tools.fetching, 'whole');
  writeFileSync(part, 'content of a');
  const copy = await copyPart(part, remote('x', 'a', 1_000_000_000_000), tools);
  expect([readFileSync(copy, 'utf8'), statSync(copy).mtimeMs]).toEqual(['content of a', 1_000_000_000_000]);
});

it('writes to no part that is a file of the library by now', async () => {
  const at = join(tools.fetching, 'part');
  linkSync(file('a'), at);
  const part = await PartFile.open(at, blake3, tools.signal);
  onTestFinished(async () => await part.close());
  expect(part.size).toBe(0);
  await part.add(Buffer.from('anything else'));
  expect(readFileSync(file('a'), 'utf8')).toBe('content of a');
});
