import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { newIdentity } from '../format/age/keys.ts';
import { exportSnapshot, list, restore, run, SnapshotError, verify, type VerifyEvent } from '../index.ts';
import { SeriesLab } from '../jobs/run/series.lab.ts';

let lab: SeriesLab;
let series: string;
/** Two snapshots: of `kept`, and of `kept` and `new`. */
beforeEach(async () => {
  lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  series = lab.folder();
  writeFileSync(join(lab.source, 'kept'), 'kept');
  await lab.run();
  writeFileSync(join(lab.source, 'new'), randomBytes(300_000));
  await lab.run();
});

/** A plan whose rows `first` and `second` were written, with a file where the series of `first` was. */
async function planWithBrokenFirst(): Promise<string> {
  const plan = join(lab.root, 'plan.csv');
  const destination = join(lab.root, 'destination');
  const rows = ['first', 'second'].map((name) => `${name},${lab.source},${destination}`);
  writeFileSync(plan, ['name,source,destination', ...rows, ''].join('\n'));
  await run({ plan });
  rmSync(join(destination, 'first'), { recursive: true });
  writeFileSync(join(destination, 'first'), 'a file');
  return plan;
}

describe('run()', () => {
  it.each([0, -1, 1.5, Number.NaN, Infinity])('is refused with %d rows at once', async (jobs) => {
    await expect(run({ plan: join(lab.root, 'none.csv'), jobs })).rejects.toMatchObject({ code: 'E_USAGE' });
  });
});

describe('list()', () => {
  it('tells the snapshots of a series that is named by its folder', async () => {
    const [one] = await list({ series });
    expect(one?.snapshots.map(({ name }) => name)).toEqual(lab.folders());
  });

  it('goes on with the others where one series cannot be looked into', async () => {
    const plan = await planWithBrokenFirst();
    const [first, second] = await list({ plan });
    expect(first).toMatchObject({
      name: 'first',
      snapshots: [],
      error: { code: expect.stringMatching(/^E_/) },
    });
    expect(second?.error).toBeUndefined();
    expect(second?.snapshots).toHaveLength(1);
    await expect(list({ plan, series: 'first' })).rejects.toBeInstanceOf(SnapshotError);
  });
});

describe('restore()', () => {
  it('gets back what is asked for of the snapshot that is named, and nothing in a dry run', async () => {
    const to = join(lab.root, 'restored');
    const call = { series, at: lab.folders()[1], globs: ['new'], to };
    expect(await restore({ ...call, dryRun: true })).toMatchObject({ files: 1, problems: [] });
    expect(existsSync(to)).toBe(false);
    expect(await restore(call)).toMatchObject({ files: 1, problems: [] });
    expect(readFileSync(join(to, 'new'))).toEqual(readFileSync(join(lab.source, 'new')));
    await expect(restore({ ...call, at: lab.folders()[0] })).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('writes over nothing that is there, unless that is asked for', async () => {
    writeFileSync(join(lab.source, 'kept'), 'mine');
    const call = { series, globs: ['kept'], to: lab.source };
    await expect(restore(call)).rejects.toMatchObject({ code: 'E_USAGE' });
    expect(readFileSync(join(lab.source, 'kept'), 'utf8')).toBe('mine');
    await restore({ ...call, overwrite: 'always' });
    expect(readFileSync(join(lab.source, 'kept'), 'utf8')).toBe('kept');
  });
});

describe('verify()', () => {
  it('finds a series sound, notes that, and finds one damaged that is', async () => {
    expect(await verify({ series, level: 'full' })).toMatchObject({ isSound: true });
    expect(readFileSync(lab.folder('runs.jsonl'), 'utf8')).toContain('"outcome":"verify"');
    const [first = ''] = lab.folders();
    rmSync(lab.folder(first, 'RESTORE.txt'));
    const events: VerifyEvent[] = [];
    const onEvent = (event: VerifyEvent): void => void events.push(event);
    expect(await verify({ series, onEvent })).toMatchObject({ isSound: false });
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'damage', file: `${first}/RESTORE.txt`, snapshots: [first] }),
    );
    expect(await verify({ series, at: lab.folders()[1] })).toMatchObject({ isSound: true });
  });

  it('does not call sound what has nothing to look at', async () => {
    for (const folder of lab.folders()) rmSync(lab.folder(folder), { recursive: true });
    expect((await verify({ series })).isSound).toBe(false);
  });

  it('goes on with the others where one series cannot be looked into', async () => {
    const plan = await planWithBrokenFirst();
    const { isSound, series: ends } = await verify({ plan });
    expect(isSound).toBe(false);
    expect(ends).toMatchObject([{ nothing: expect.any(String) }, { snapshots: 1, status: 0 }]);
  });

  it('does not call sound what only its key can open', async () => {
    const before = process.env['SNAPSHOT_IDENTITY'];
    onTestFinished(() => {
      if (before === undefined) delete process.env['SNAPSHOT_IDENTITY'];
      else process.env['SNAPSHOT_IDENTITY'] = before;
    });
    const plan = join(lab.root, 'plan.csv');
    const identity = join(lab.root, 'identity.txt');
    const { text, identity: own } = newIdentity();
    writeFileSync(identity, `${text}\n`, { mode: 0o600 });
    process.env['SNAPSHOT_IDENTITY'] = identity;
    const row = `data,${lab.source},${join(lab.root, 'encrypted')},${own.recipient.text}`;
    writeFileSync(plan, `name,source,destination,encrypt\n${row}\n`);
    await run({ plan });
    expect(await verify({ plan })).toMatchObject({ isSound: true });
    rmSync(identity);
    expect(await verify({ plan })).toMatchObject({
      isSound: false,
      series: [{ isKeyless: true, status: 0 }],
    });
  });

  it('is stopped by its signal, with E_STOPPED', async () => {
    const signal = AbortSignal.abort();
    await expect(verify({ series, level: 'full', signal })).rejects.toMatchObject({ code: 'E_STOPPED' });
  });
});

describe('exportSnapshot()', () => {
  it('writes to a stream, and leaves its end to whoever gave it', async () => {
    const to = new PassThrough();
    const all = buffer(to);
    expect(await exportSnapshot({ series, to, as: 'tar' })).toMatchObject({ files: 2, problems: [] });
    expect(to.writableEnded).toBe(false);
    to.end();
    expect((await all).includes(readFileSync(join(lab.source, 'new')))).toBe(true);
  });

  it('replaces no file, unless that is asked for', async () => {
    const to = join(lab.root, 'export.zip');
    writeFileSync(to, 'mine');
    await expect(exportSnapshot({ series, to })).rejects.toMatchObject({ code: 'E_USAGE' });
    expect(readFileSync(to, 'utf8')).toBe('mine');
    await exportSnapshot({ series, to, overwrite: true });
    expect(readFileSync(to, 'latin1').startsWith('PK')).toBe(true);
  });

  it('fails with a stream that cannot be written', async () => {
    const to = new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) });
    to.on('error', () => {});
    await expect(exportSnapshot({ series, to, as: 'tar' })).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('is stopped by its signal also while nobody reads the stream', { timeout: 20_000 }, async () => {
    const stop = new AbortController();
    const to = new PassThrough();
    const call = exportSnapshot({ series, to, as: 'tar', signal: stop.signal });
    // So much that it takes no more.
    await once(to, 'readable');
    stop.abort();
    await expect(call).rejects.toMatchObject({ code: 'E_STOPPED' });
  });
});
