// A series of which there is no key: what lies there is held against its check sums.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import type { Damage } from './verify-events.ts';
import { verifyStored } from './verify-stored.ts';
import type { VerifyOptions } from './verify.ts';

const [FIRST, SECOND] = ['2026-11-01T02-00-00Z', '2026-11-02T02-00-00Z'];
const ARCHIVE = 'data.tar.zst.age';
const OTHER_SUM = '0'.repeat(64);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-stored-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
});

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A snapshot with these files, and check sums for them and `others`. */
function write(
  snapshot: string,
  files: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>> = {},
): void {
  const all: Readonly<Record<string, string>> = { 'info.json.age': `info of ${snapshot}`, ...files };
  mkdirSync(join(root, 'series', snapshot), { recursive: true });
  for (const [name, text] of Object.entries(all)) writeFileSync(join(root, 'series', snapshot, name), text);
  const sums = {
    ...Object.fromEntries(Object.entries(all).map(([name, text]) => [name, sumOf(text)])),
    ...others,
  };
  const lines = Object.entries(sums).map(([name, sum]) => `${sum}  ${name}\n`);
  writeFileSync(join(root, 'series', snapshot, 'SHA256SUMS'), lines.join(''));
}

/** @param onRead - What happens when the first bytes were read. */
async function damages(
  level: VerifyOptions['level'] = 'full',
  onRead: () => void = () => {},
): Promise<readonly (readonly unknown[])[]> {
  const found: Damage[] = [];
  const { status } = await verifyStored(new Series(new LocalStore(root), 'series'), {
    at: undefined,
    level,
    signal: new AbortController().signal,
    report: (event) => {
      if (event.event === 'damage') found.push(event);
      if (event.event === 'progress' && event.phase === 'read') onRead();
    },
  });
  expect(status).toBe(found.length > 0 ? 1 : 0);
  return found.map(({ file, what, snapshots }) => [file, what, snapshots]);
}

describe('a verify without the key', () => {
  it('lets go of the store that it has opened, also when it fails', async () => {
    write(FIRST, {});
    const close = vi.spyOn(LocalStore.prototype, 'close');
    onTestFinished(() => close.mockRestore());
    const { signal } = new AbortController();
    const options = { level: 'quick', signal, report: () => {} } as const;
    const series = new Series(new LocalStore(root), 'series');
    await expect(verifyStored(series, { ...options, at: 'never' })).rejects.toMatchObject({
      code: 'E_USAGE',
    });
    expect(close).toHaveBeenCalledTimes(1);
    await verifyStored(series, { ...options, at: undefined });
    expect(close).toHaveBeenCalledTimes(2);
  });

  it.each<[string, string, string, readonly string[]]>([
    ['both are right', sumOf('content'), sumOf('content'), []],
    ['the first is not', OTHER_SUM, sumOf('content'), [FIRST]],
    ['the second is not', sumOf('content'), OTHER_SUM, [SECOND]],
    ['neither is', OTHER_SUM, OTHER_SUM, [FIRST, SECOND]],
  ])('believes each check sum of a file by itself: %s', async (_, first, second, blamed) => {
    write(FIRST, { [ARCHIVE]: 'content' }, { [ARCHIVE]: first });
    write(SECOND, {}, { [`../${FIRST}/${ARCHIVE}`]: second });
    const what = 'its SHA-256 is not that of SHA256SUMS';
    expect(await damages()).toEqual(blamed.length === 0 ? [] : [[`${FIRST}/${ARCHIVE}`, what, blamed]]);
    expect(await damages('quick')).toEqual([]);
  });

  it('names what is missing, also when nothing is read', async () => {
    write(FIRST, { [ARCHIVE]: 'content' });
    write(SECOND, {}, { [`../${FIRST}/${ARCHIVE}`]: sumOf('content') });
    rmSync(join(root, 'series', FIRST, ARCHIVE));
    const missing = [[`${FIRST}/${ARCHIVE}`, 'is missing', [FIRST, SECOND]]];
    expect(await damages('quick')).toEqual(missing);
    expect(await damages()).toEqual(missing);
  });

  it('names what cannot be read, and reads on', async () => {
    write(FIRST, { 'a.tar.zst.age': 'a', [ARCHIVE]: 'content' }, { [ARCHIVE]: OTHER_SUM });
    const unreadable = vi
      .spyOn(LocalStore.prototype, 'readRange')
      .mockRejectedValueOnce(new SnapshotError('E_STORE', `Cannot read "${root}": input/output error`))
      .mockRejectedValueOnce(new SnapshotError('E_STORE', `Cannot read "${root}": input/output error`));
    onTestFinished(() => unreadable.mockRestore());
    expect((await damages()).map(([file]) => file)).toEqual([
      `${FIRST}/info.json.age`,
      `${FIRST}/a.tar.zst.age`,
      `${FIRST}/${ARCHIVE}`,
    ]);
  });

  it('ends where nobody can come to it any more', async () => {
    write(FIRST, { [ARCHIVE]: 'content' });
    const away = vi
      .spyOn(LocalStore.prototype, 'readRange')
      .mockRejectedValue(new SnapshotError('E_AWAY', 'it does not answer'));
    onTestFinished(() => away.mockRestore());
    await expect(damages()).rejects.toMatchObject({ code: 'E_AWAY' });
  });

  it('finds no damage in what was rotated out meanwhile', async () => {
    write(FIRST, { [ARCHIVE]: 'content' });
    write(SECOND, { [ARCHIVE]: 'content' });
    const remove = (): void => rmSync(join(root, 'series', FIRST), { recursive: true, force: true });
    expect(await damages('full', remove)).toEqual([]);
    write(FIRST, { [ARCHIVE]: 'content' });
    write(SECOND, {}, { [`../${FIRST}/${ARCHIVE}`]: sumOf('content') });
    expect((await damages('full', remove)).map(([file, , of]) => [file, of])).toEqual([
      [`${FIRST}/${ARCHIVE}`, [FIRST, SECOND]],
    ]);
  });
});
