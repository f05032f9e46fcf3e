import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BytePath } from '../tree/path.ts';
import type { Agreed, Item } from './item.ts';
import { type PairSides, PastFile } from './past-file.ts';

const HERE: Item = { type: 'file', size: 3, mtimeMs: 1, mode: 0o640, target: undefined, tag: '1.2.3' };
const THERE: Item = { ...HERE, mtimeMs: 2, mode: undefined, tag: '' };
const FILE: Agreed = { type: 'file', hash: 'ab'.repeat(32), target: undefined, here: HERE, there: THERE };

function odd(type: 'folder' | 'link', target?: BytePath): Agreed {
  const item = { ...HERE, type, size: 0, target };
  return { type, hash: undefined, target, here: item, there: { ...item, mtimeMs: 7 } };
}

const PAST = new Map<BytePath, Agreed>([
  ['a' as BytePath, FILE],
  ['\xff/b' as BytePath, odd('folder')],
  ['c' as BytePath, odd('link', '../\xe4' as BytePath)],
]);

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'snapshot-past-'));
  vi.stubEnv('XDG_STATE_HOME', state);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(state, { recursive: true });
});

function sidesOf(addresses: readonly [string, string]): PairSides {
  return {
    addresses,
    ids: [`id ${addresses[0]}`, undefined],
    tags: [undefined, `tag ${addresses[1]}`],
    mounts: [new Map([['m' as BytePath, `disk in ${addresses[0]}`]]), new Map()],
  };
}

function flipped({ addresses, ids, tags, mounts }: PairSides): PairSides {
  const [a, b] = [1, 0] as const;
  return {
    addresses: [addresses[a], addresses[b]],
    ids: [ids[a], ids[b]],
    tags: [tags[a], tags[b]],
    mounts: [mounts[a], mounts[b]],
  };
}

async function readBack(addresses: readonly [string, string]): Promise<object> {
  const warnings: string[] = [];
  const stored = await new PastFile(addresses).read((message) => warnings.push(message));
  return { ...stored, warnings };
}

describe.each([[['/a', '/b']], [['/b', '/a']]] as const)('what is known of %j', (addresses) => {
  it('is the same for whoever gives them in this order, and turned round in the other', async () => {
    const sides = sidesOf(addresses);
    const file = new PastFile(addresses);
    await file.write(sides, PAST);
    await file.append([
      ['c' as BytePath, undefined],
      ['d' as BytePath, FILE],
    ]);
    await file.close();
    const past = new Map([...PAST, ['d' as BytePath, FILE] as const]);
    past.delete('c' as BytePath);
    expect(await readBack(addresses)).toEqual({ sides, past, hasJournal: true, warnings: [] });
    const turned = [...past].map(([path, agreed]) => {
      return [path, { ...agreed, here: agreed.there, there: agreed.here }] as const;
    });
    expect(await readBack([addresses[1], addresses[0]])).toEqual({
      sides: flipped(sides),
      past: new Map(turned),
      hasJournal: true,
      warnings: [],
    });
    expect(file.sideOf(file.letterOf('here'))).toBe('here');
    expect(file.sideOf(file.letterOf('there'))).toBe('there');
    expect(file.letterOf('here')).toBe(addresses[0] === '/a' ? 'a' : 'b');
  });

  it('is not changed by a journal of an older past, nor by a line that was cut short', async () => {
    const file = new PastFile(addresses);
    const sides = sidesOf(addresses);
    await file.write(sides, PAST);
    const journal = join(file.folder, 'journal.jsonl');
    await file.append([['a' as BytePath, undefined]]);
    copyFileSync(journal, `${journal}.old`);
    await file.write(sides, PAST);
    const whole = { sides, past: PAST, warnings: [] };
    expect(await readBack(addresses)).toEqual({ ...whole, hasJournal: false });
    // As it is where a power cut has kept it.
    copyFileSync(`${journal}.old`, journal);
    expect(await readBack(addresses)).toEqual({ ...whole, hasJournal: true });
    rmSync(journal);
    await file.append([['a' as BytePath, undefined]]);
    await file.close();
    writeFileSync(journal, readFileSync(journal).subarray(0, -2));
    expect(await readBack(addresses)).toEqual({ ...whole, hasJournal: true });
  });

  it('is nothing, with a warning, where it cannot be understood', async () => {
    const file = new PastFile(addresses);
    await file.write(sidesOf(addresses), PAST);
    appendFileSync(join(file.folder, 'past.jsonl'), '{"path":"e","type":"file"}\n');
    expect(await readBack(addresses)).toEqual({
      sides: undefined,
      past: new Map(),
      hasJournal: true,
      warnings: [expect.stringContaining('both sides are united, and nothing is deleted')],
    });
  });
});

it('says where this machine cannot remember what was synced', async () => {
  const file = new PastFile(['/a', '/b']);
  mkdirSync(join(file.folder, 'past.jsonl.part'), { recursive: true });
  await expect(file.write(sidesOf(['/a', '/b']), PAST)).rejects.toMatchObject({
    code: 'E_HOST',
    message: expect.stringContaining(file.folder),
  });
});
