import { EventEmitter, once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadBlake3 } from '../hash/blake3.ts';
import { ServedFolder } from './folder.ts';
import { type Events, Libraries } from './libraries.ts';
import { Accounts } from './users/accounts.ts';

/** It takes so long to read that a look at another folder would come in between. */
const LARGE_BYTES = 300e6;
const LIMITS = { mostFileBytes: 1e6, minFreeBytes: 0 };

/** Accounts with a file that somebody has put there; `away` has lost its folder. */
async function open(
  names: readonly string[],
  events: Partial<Events> = {},
): Promise<{ libraries: Libraries; read: string[] }> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-libraries-')));
  const folder = new ServedFolder(root);
  await folder.make();
  const accounts = new Accounts(folder.users);
  for (const name of names) {
    await accounts.add(name, undefined, new Date());
    await folder.makeAccount(name);
    const { files } = folder.placeOf(name);
    writeFileSync(join(files, 'large'), name);
    truncateSync(join(files, 'large'), events.onSync === undefined ? LARGE_BYTES : 1);
    if (name === 'away') rmSync(files, { recursive: true });
    else mkdirSync(join(files, 'empty'));
  }
  const read: string[] = [];
  const libraries = new Libraries(folder, accounts, await loadBlake3(), LIMITS, {
    ...events,
    onRead: (account, done, total) => {
      read.push(account);
      events.onRead?.(account, done, total);
    },
  });
  onTestFinished(async () => {
    await libraries.close();
    rmSync(root, { recursive: true });
  });
  return { libraries, read };
}

it('looks at one folder after the other, also after one that is away, and at each once', async () => {
  const names = ['a', 'away', 'b'];
  const { libraries, read } = await open(names);
  const asked = names.map(async (name) => await libraries.early(name));
  const ends = await Promise.allSettled([...asked, libraries.get('b'), libraries.first('a')]);
  expect(ends.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
  // Told before the first file, and after each; whose journal is read first comes first.
  expect(['a,a,b,b', 'b,b,a,a']).toContain(read.join());
  expect(await libraries.first('b')).toMatchObject({ new: 1, problems: [] });
  await expect(libraries.get('away')).rejects.toThrow('Cannot read');
});

it('ends a look that has not begun', async () => {
  const { libraries } = await open(['a', 'b']);
  const asked = Promise.allSettled([libraries.get('a'), libraries.get('b')]);
  await libraries.close();
  expect((await asked).length).toBe(2);
});

it.runIf(process.platform === 'linux')('watches all accounts through one queue of the system', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `a${i}`);
  const warned: string[] = [];
  const onWarning = ({ message }: Error): void => void warned.push(message);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const before = queues();
  const { libraries } = await open(names, { onSync: () => undefined });
  for (const name of names) await libraries.first(name);
  expect(queues()).toBe(before + 1);
  expect(warned).toEqual([]);
});

/** How many queues of changes this process has: Node's own loop may have one. */
function queues(): number {
  const held = readdirSync('/proc/self/fd').map((fd) => linkAt(`/proc/self/fd/${fd}`));
  return held.filter((to) => to === 'anon_inode:inotify').length;
}

/** Where a link leads; undefined when it is gone, as that of a folder that was just listed. */
function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

it('ends the first look at a new one, which reads all of it', async () => {
  const { libraries, read } = await open(['a'], { onRead: () => void ended.emit('begun') });
  const ended = new EventEmitter();
  const begun = once(ended, 'begun');
  const asked = libraries.get('a');
  await Promise.all([begun.then(async () => await libraries.close()), expect(asked).rejects.toThrow('ends')]);
  // Told before the first file only.
  expect(read).toEqual(['a']);
});
