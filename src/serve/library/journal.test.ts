import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fromText } from '../../tree/path.ts';
import type { Held } from './holdings.ts';
import { Journal } from './journal.ts';

const CAN_MOUNT =
  process.platform === 'linux' &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

function held(name: string): Omit<Held, 'n'> {
  return { path: fromText(name), size: 1, mtimeMs: 0, inode: 1, blake3: 'a'.repeat(64) };
}

it.skipIf(!CAN_MOUNT)('what a full disk has refused is written with what comes next', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-journal-')));
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]);
  onTestFinished(() => {
    spawnSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'journal');
  const journal = await Journal.open(file);
  await journal.put([held('before')]);
  const { told } = journal;
  const ballast = join(folder, 'ballast');
  expect(() => writeFileSync(ballast, Buffer.alloc(1e6))).toThrow('no space left');
  // More than the rest of the page that the file has.
  await journal.put(Array.from({ length: 100 }, (_, i) => held(`full${i}`)));
  expect(journal.failure).toMatchObject({ code: 'ENOSPC' });
  await journal.remove([fromText('before')]);
  expect(journal.failure).toMatchObject({ code: 'ENOSPC' });
  // Nobody who follows hears of what a power cut would take back.
  expect([journal.told, journal.changes(told)]).toEqual([told, { reset: false, changes: [] }]);
  expect(journal.changes(journal.last).reset).toBe(true);
  rmSync(ballast);
  await journal.put([held('after')]);
  expect(journal.failure).toBeUndefined();
  expect(journal.changes(told).changes).toHaveLength(102);
  await journal.close();
  const again = await Journal.open(file);
  expect([...again.holdings.all()]).toEqual([...journal.holdings.all()]);
  expect([again.holdings.size, again.last, again.told]).toEqual([101, journal.last, journal.last]);
  await again.close();
});
