import { createHash } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { isArchive } from '../../series/names.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import type { Repaired } from '../verify/verify-events.ts';
import { repair } from './repair.ts';

const { signal } = new AbortController();

/** A store that cannot read archives. */
class BlindStore extends LocalStore {
  override async readRange(): Promise<Buffer> {
    return await Promise.reject(new SnapshotError('E_STORE', 'Cannot read'));
  }
}

/** A store in which another run takes over right before info.json is there. */
class RobbedStore extends LocalStore {
  override async put(key: string, bytes: Uint8Array): Promise<void> {
    await super.put(key, bytes);
    if (!key.endsWith('/SHA256SUMS')) return;
    for (const { name, isFile } of await this.list('data'))
      if (isFile && name.startsWith('.lock-')) await this.remove(`data/${name}`);
  }
}

let lab: SeriesLab;
let at: string;

async function night(files: readonly string[]): Promise<void> {
  for (const file of files) writeFileSync(join(lab.source, file), `content of ${file}`);
  await lab.run();
  at = lab.folders().at(-1) ?? '';
}

async function repaired(store = new LocalStore(lab.row.destination)): Promise<Repaired | undefined> {
  const [end] = await repair(new Series(store, 'data'), [at], signal);
  return end;
}

beforeEach(async () => {
  lab = new SeriesLab();
  onTestFinished(() => lab.remove());
});

describe('a repair', () => {
  it('lets the series go, and keeps what an earlier one has kept', async () => {
    await night(['a']);
    writeFileSync(lab.folder(at, 'RESTORE.txt'), 'damaged for the second time');
    writeFileSync(lab.folder(at, 'RESTORE.txt.damaged'), 'kept');
    expect(await repaired()).toMatchObject({ outcome: 'repaired', files: ['RESTORE.txt'] });
    expect(lab.locks()).toEqual([]);
    expect(readFileSync(lab.folder(at, 'RESTORE.txt.damaged'), 'utf8')).toBe('kept');
  });

  it('touches nothing once it is to stop', async () => {
    await night(['a']);
    rmSync(lab.folder(at, 'RESTORE.txt'));
    const before = readdirSync(lab.folder(at));
    const series = new Series(new LocalStore(lab.row.destination), 'data');
    const stopped = AbortSignal.abort(new Error('stopped'));
    await expect(repair(series, [at], stopped)).rejects.toThrow('stopped');
    expect([readdirSync(lab.folder(at)), lab.locks()]).toEqual([before, []]);
  });

  it('is impossible where the store cannot be read, and ends well for the others', async () => {
    await night(['a']);
    rmSync(lab.folder(at, 'RESTORE.txt'));
    expect(await repaired(new BlindStore(lab.row.destination))).toMatchObject({
      outcome: 'impossible',
      notes: ['Cannot read'],
    });
  });

  it('keeps the info.json that an earlier one has kept, where there is none now', async () => {
    await night(['a']);
    rmSync(lab.folder(at, 'info.json'));
    writeFileSync(lab.folder(at, 'info.json.damaged'), 'kept before');
    expect(await repaired()).toMatchObject({ outcome: 'repaired' });
    expect(readFileSync(lab.folder(at, 'info.json.damaged'), 'utf8')).toBe('kept before');
  });

  it('ends before info.json is there when its lock is lost', async () => {
    await night(['a']);
    rmSync(lab.folder(at, 'info.json'));
    const robbed = repaired(new RobbedStore(lab.row.destination));
    await expect(robbed).rejects.toMatchObject({ code: 'E_LOCKED' });
    expect(readdirSync(lab.folder(at))).not.toContain('info.json');
  });

  it('is not for what a newer version has written', async () => {
    await night(['a']);
    const [info, sums] = ['info.json', 'SHA256SUMS'].map((name) => lab.folder(at, name));
    const sha256 = (): string =>
      createHash('sha256')
        .update(readFileSync(info ?? ''))
        .digest('hex');
    const before = sha256();
    const newer = readFileSync(info ?? '', 'utf8').replace(/"version": \d+/, '"version": 99');
    writeFileSync(info ?? '', newer);
    writeFileSync(sums ?? '', readFileSync(sums ?? '', 'utf8').replace(before, sha256()));
    expect(await repaired()).toMatchObject({ outcome: 'impossible' });
    expect(readFileSync(info ?? '', 'utf8')).toBe(newer);
  });

  it('does nothing that RESTORE.txt says when that is not as it was', async () => {
    await night(['a', 'b']);
    renameSync(join(lab.source, 'a'), join(lab.source, 'moved'));
    await night(['c']);
    const script = lab.folder(at, 'RESTORE.txt');
    const text = readFileSync(script, 'utf8');
    expect(text).toContain('moved');
    writeFileSync(script, text.replaceAll('moved', 'mover'));
    rmSync(lab.folder(at, 'index.jsonl.zst'));
    expect(await repaired()).toMatchObject({ outcome: 'repaired' });
    expect([...lab.restored(at).keys()].toSorted()).toEqual(['a', 'b', 'c']);
    // All that the archives hold is in the tree.
    expect(lab.info(at).dead).toBe(null);
  });

  it('leaves no list of what is dead where all of it is back', async () => {
    await night(['a', 'b', 'c']);
    rmSync(join(lab.source, 'a'));
    await night(['d']);
    expect(readdirSync(lab.folder(at))).toContain('dead.jsonl.zst');
    for (const name of ['info.json', 'SHA256SUMS', 'RESTORE.txt', 'index.jsonl.zst'])
      rmSync(lab.folder(at, name));
    expect(await repaired()).toMatchObject({ outcome: 'repaired' });
    expect([...lab.restored(at).keys()].toSorted()).toEqual(['a', 'b', 'c', 'd']);
    expect(readdirSync(lab.folder(at))).not.toContain('dead.jsonl.zst');
  });

  it('leaves no changes behind that are those of an older index', async () => {
    await night(Array.from({ length: 40 }, (_, i) => `file ${i}`));
    writeFileSync(join(lab.source, 'new'), 'new');
    await lab.run({ smallIndexBytes: 0 });
    at = lab.folders().at(-1) ?? '';
    writeFileSync(lab.folder(at, 'changes.jsonl.zst'), 'damaged');
    expect(await repaired()).toMatchObject({ outcome: 'repaired' });
    expect(readdirSync(lab.folder(at))).not.toContain('changes.jsonl.zst');
    expect([lab.info(at).changes, lab.restored(at).size]).toEqual([null, 41]);
  });

  it('numbers archives as before where info.json is lost', async () => {
    await night(['a']);
    await night(['b']);
    const before = lab.restored(at);
    const { archives } = lab.info(at);
    rmSync(lab.folder(at, 'info.json'));
    expect(await repaired()).toMatchObject({ outcome: 'repaired' });
    expect(lab.restored(at)).toEqual(before);
    expect(lab.info(at).archives.map(({ file, number }) => [file, number])).toEqual(
      archives.map(({ file, number }) => [file, number]),
    );
    // That there was none was noted only as long as it took.
    expect(readdirSync(lab.folder(at))).not.toContain('info.json.damaged');
  });

  it('believes SHA256SUMS before an info.json that is another one than that says', async () => {
    await night(['a']);
    await night(['b']);
    const before = lab.restored(at);
    const info = lab.info(at);
    writeFileSync(lab.folder(at, 'info.json'), JSON.stringify({ ...info, archives: info.archives.slice(1) }));
    expect(await repaired()).toMatchObject({ outcome: 'repaired' });
    expect([lab.restored(at), lab.info(at).archives.length]).toEqual([before, info.archives.length]);
  });

  it('keeps what an earlier one has kept of what is whole now', async () => {
    await night(['a']);
    rmSync(lab.folder(at, 'SHA256SUMS'));
    writeFileSync(lab.folder(at, 'RESTORE.txt.damaged'), 'kept');
    expect(await repaired()).toMatchObject({ outcome: 'repaired', files: ['SHA256SUMS'] });
    expect(readFileSync(lab.folder(at, 'RESTORE.txt.damaged'), 'utf8')).toBe('kept');
  });

  it('rebuilds an index from RESTORE.txt as it was: names, copies, what was moved, changed or deleted', async () => {
    const at0 = (name: string): string => join(lab.source, name);
    writeFileSync(at0('copy'), 'content of b');
    writeFileSync(at0('one'), 'with two names');
    linkSync(at0('one'), at0('two'));
    await night(['a', 'b', 'c', 'd', 'e']);
    rmSync(at0('c'));
    renameSync(at0('d'), at0('moved'));
    chmodSync(at0('a'), 0o600);
    chmodSync(at0('one'), 0o600);
    await night(['new']);
    const [before, info] = [lab.restored(at), lab.info(at)];
    const script = readFileSync(lab.folder(at, 'RESTORE.txt'), 'utf8');
    for (const name of ['index.jsonl.zst', 'changes.jsonl.zst', 'dead.jsonl.zst'])
      rmSync(lab.folder(at, name), { force: true });
    expect(await repaired()).toMatchObject({ outcome: 'repaired' });
    const { count, bytes, archives } = lab.info(at);
    expect({ count, bytes, archives }).toEqual({
      count: info.count,
      bytes: info.bytes,
      archives: info.archives,
    });
    expect(readFileSync(lab.folder(at, 'RESTORE.txt'), 'utf8')).toBe(script);
    expect(lab.restored(at)).toEqual(before);
  });

  it('is done of a snapshot of nothing', async () => {
    await night([]);
    expect(lab.info(at).archives).toEqual([]);
    rmSync(lab.folder(at, 'RESTORE.txt'));
    expect(await repaired()).toMatchObject({ outcome: 'repaired', files: ['RESTORE.txt'] });
  });

  it('keeps what was skipped before', async () => {
    await night(['a']);
    const skipped = [{ path: 'shut', reason: 'permission denied' }];
    writeFileSync(lab.folder(at, 'info.json'), JSON.stringify({ ...lab.info(at), skipped }));
    rmSync(lab.folder(at, 'SHA256SUMS'));
    await repaired();
    expect(lab.info(at).skipped).toEqual(skipped);
  });

  it('names five of the files that are lost, and counts the others', async () => {
    const files = Array.from({ length: 7 }, (_, i) => `f${i}`);
    await night(files);
    const first = at;
    await night(['new']);
    const all = readdirSync(lab.folder(first)).filter((name) => isArchive(name));
    for (const name of ['info.json', 'SHA256SUMS', 'RESTORE.txt', ...all])
      rmSync(lab.folder(at, name), { force: true });
    rmSync(lab.folder(first), { recursive: true });
    const end = await repaired();
    expect(end?.notes).toContain(
      'lost with their archives, and named in info.json as skipped: f0, f1, f2, f3, f4 and 2 more',
    );
    const lost = files.map((path) => ({ path, reason: 'its archive is lost' }));
    expect(lab.info(at).skipped).toEqual(lost);
  });

  it('is impossible where a zip is readable but not what info.json says it was', async () => {
    lab.row = { ...lab.row, format: 'zip' };
    await night(['a']);
    rmSync(lab.folder(at, 'SHA256SUMS'));
    const name = readdirSync(lab.folder(at)).find((one) => isArchive(one) && !one.includes('~tree')) ?? '';
    const zip = readFileSync(lab.folder(at, name));
    // A bit of the permissions, in the central directory.
    const byte = zip.indexOf('PK\u0001\u0002') + 40;
    zip[byte] = (zip[byte] ?? 0) ^ 1;
    writeFileSync(lab.folder(at, name), zip);
    const end = await repaired();
    expect([end?.outcome, end?.notes.join()]).toEqual([
      'impossible',
      expect.stringContaining('its SHA-256 is another one than it was'),
    ]);
  });
});
