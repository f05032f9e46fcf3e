// What a drill extracts is not rotated out meanwhile.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { rememberGiven } from '../../base/command-line.ts';
import { SnapshotError } from '../../base/errors.ts';
import { newIdentity } from '../../format/age/keys.ts';
import { wrapFor } from '../../series/crypt/wrap.ts';
import { Series } from '../../series/series.ts';
import { openStore } from '../../store/open-store.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { drill } from './drill.ts';

const CAN_MOUNT =
  process.platform === 'linux' &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

/** A series with one snapshot, and what its store is seen to hold each time something of it is read. */
async function openLab(): Promise<{ series: Series; store: LocalStore; seen: Set<string>; lab: SeriesLab }> {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  writeFileSync(join(lab.source, 'file'), 'content');
  await lab.run();
  const seen = new Set<string>();
  const store = new LocalStore(lab.row.destination);
  const read = store.read.bind(store);
  store.read = async (key) => {
    for (const name of lab.locks()) seen.add(name);
    return await read(key);
  };
  return { series: new Series(store, 'data'), store, seen, lab };
}

async function drilled(series: Series, notes: string[] = [], which = 0): Promise<string> {
  const snapshot = (await series.survey()).snapshots.at(which);
  if (snapshot === undefined) throw new Error('there is no snapshot');
  const { signal } = new AbortController();
  return (await drill(series, snapshot, signal, (message) => notes.push(message))).result;
}

describe('drill()', () => {
  it('holds a lock that is shared as long as it reads, and gives it back', async () => {
    const { series, seen, lab } = await openLab();
    expect(await drilled(series)).toBe('passed');
    expect([...seen]).toEqual([expect.stringMatching(/^\.shared-[0-9a-f]{16}$/)]);
    expect(lab.locks()).toEqual([]);
  });

  it.skipIf(!CAN_MOUNT)('needs room for what is extracted only to be removed, too', async () => {
    const { series, lab } = await openLab();
    const room = join(lab.root, 'room');
    mkdirSync(room);
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', room]);
    vi.stubEnv('TMPDIR', room);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      spawnSync('umount', ['--lazy', room]);
    });
    for (let i = 0; i < 3; i++) writeFileSync(join(lab.source, `${i}`), Buffer.alloc(100_000, `${i}`));
    await lab.run();
    rmSync(join(lab.source, '2'));
    await lab.run();
    await expect(drilled(series, [], -1)).rejects.toMatchObject({ code: 'E_SPACE' });
    expect(readdirSync(room)).toEqual([]);
  });

  it('removes what drills have left that were killed, and nothing else', async () => {
    const { series, lab } = await openLab();
    const room = join(lab.root, 'room');
    mkdirSync(room);
    vi.stubEnv('TMPDIR', room);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { pid } = spawnSync(process.execPath, ['--version']);
    const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
    const left = (name: string, time: number): string => {
      mkdirSync(join(room, name, 'tree', 'closed'), { recursive: true });
      chmodSync(join(room, name, 'tree', 'closed'), 0o500);
      utimesSync(join(room, name), time, time);
      return name;
    };
    left(`snapshot-drill-${pid}-dead`, twoDaysAgo);
    const kept = [
      left(`snapshot-drill-${pid}-young`, Date.now() / 1000),
      left(`snapshot-drill-${process.pid}-own`, twoDaysAgo),
      left('snapshot-drill-of-a-user', twoDaysAgo),
      left(`other-${pid}`, twoDaysAgo),
    ];
    expect(await drilled(series)).toBe('passed');
    expect(readdirSync(room).toSorted()).toEqual(kept.toSorted());
  });

  it('says that the temporary folder is not there', async () => {
    const { series, lab } = await openLab();
    vi.stubEnv('TMPDIR', join(lab.root, 'none'));
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(drilled(series)).rejects.toBeInstanceOf(SnapshotError);
  });

  it('passes where its log cannot be written, and says so', async () => {
    const { series, lab } = await openLab();
    rmSync(lab.folder('runs.jsonl'));
    mkdirSync(lab.folder('runs.jsonl'));
    const notes: string[] = [];
    expect(await drilled(series, notes)).toBe('passed');
    expect(notes).toEqual([expect.stringContaining(lab.folder('runs.jsonl'))]);
  });

  it.each(['an archive', 'RESTORE.txt'])(
    'fails, and says so in the log, where %s cannot be decrypted',
    async (what) => {
      const lab = new SeriesLab();
      onTestFinished(() => lab.remove());
      const { identity, text } = newIdentity();
      const file = join(lab.root, 'identity.txt');
      writeFileSync(file, `${text}\n`, { mode: 0o600 });
      rememberGiven(undefined, file);
      onTestFinished(() => rememberGiven(undefined));
      const encrypt = [identity.recipient.text];
      lab.row = { ...lab.row, encrypt };
      writeFileSync(join(lab.source, 'file'), 'content');
      await lab.run();
      const series = new Series(openStore(lab.row.destination, undefined, wrapFor(encrypt)), 'data');
      expect(await drilled(series)).toBe('passed');
      const [snapshot = ''] = lab.folders();
      const names = readdirSync(lab.folder(snapshot));
      const name = names.find((one) =>
        what === 'RESTORE.txt' ? one === 'RESTORE.txt.age' : one.includes('.tar'),
      );
      const place = lab.folder(snapshot, name ?? 'none');
      const bytes = readFileSync(place);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      writeFileSync(place, bytes);
      expect(await drilled(series)).toBe('failed');
      const { text: log } = await series.store.readLines(series.key('runs.jsonl'), Infinity);
      const last = JSON.parse(log.trim().split('\n').at(-1) ?? '') as object;
      expect(last).toMatchObject({ outcome: 'drill', result: 'failed', snapshot, error: expect.any(String) });
    },
  );

  it('has no result, and none in the log, where the series is away', async () => {
    const { series, store, lab } = await openLab();
    const read = store.read.bind(store);
    store.read = async (key) => {
      if (key.endsWith('RESTORE.txt')) throw new SnapshotError('E_AWAY', 'nobody answers');
      return await read(key);
    };
    await expect(drilled(series)).rejects.toMatchObject({ code: 'E_AWAY' });
    expect(readFileSync(lab.folder('runs.jsonl'), 'utf8')).not.toContain('"drill"');
  });

  it('goes on where it cannot be locked, and says so', async () => {
    const { series, store } = await openLab();
    store.put = async () => await Promise.reject(new SnapshotError('E_STORE', 'the disk is read-only'));
    const notes: string[] = [];
    expect(await drilled(series, notes)).toBe('passed');
    expect(notes).toEqual(['it is not locked against a rotation meanwhile: the disk is read-only']);
  });
});
