import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Machine } from '../../host/machine.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import type { RowEnd } from '../events.ts';
import type { RunOptions } from './run.ts';
import { SeriesLab } from './series.lab.ts';
import { findStranger } from './whose.ts';

const ID = 'a'.repeat(32);
const OTHER_ID = 'b'.repeat(32);
const ADA: Machine = { host: 'ada-pc', id: ID };

/** As a repair leaves info.json that had to do without the old one. */
function forget(info: Record<string, unknown>): void {
  delete info['machine'];
  Object.assign(info, { host: '', source: '' });
}

describe('whose a series is', () => {
  let lab: SeriesLab;
  let content = 0;

  beforeEach(() => {
    lab = new SeriesLab();
  });

  afterEach(() => {
    lab.remove();
  });

  /** Another content each time, so that there is something to write. */
  async function run(machine: Machine, options: Partial<RunOptions> = {}): Promise<RowEnd> {
    writeFileSync(join(lab.row.source, 'file'), `content ${content++}`);
    return await lab.run({ machine, acceptChanges: false, ...options });
  }

  /** Everything in the destination, and what is in the two files that grow. */
  function everything(): unknown {
    const files = readdirSync(lab.folder(), { recursive: true, encoding: 'utf8' }).toSorted();
    const text = ['runs.jsonl', 'owner.json'].filter((file) => files.includes(file));
    return [files, ...text.map((file) => readFileSync(lab.folder(file), 'utf8'))];
  }

  async function strangerTo(machine: Machine): Promise<string | undefined> {
    const series = new Series(new LocalStore(lab.row.destination), lab.row.name);
    return (await findStranger(series, lab.row, machine))?.message;
  }

  it('is looked at once more when it is locked: another one may have begun it meanwhile', async () => {
    /** Another machine adopts the series as it is locked. */
    class Overtaken extends LocalStore {
      override async put(key: string, bytes: Uint8Array): Promise<void> {
        await super.put(key, bytes);
        const owner = { host: 'bob-pc', machine: OTHER_ID, source: lab.source };
        if (key.includes('/.lock-')) await super.put('data/owner.json', Buffer.from(JSON.stringify(owner)));
      }
    }
    const end = await run(ADA, { open: (destination) => new Overtaken(destination) });
    expect(end).toMatchObject({ outcome: 'failed', status: 4, guards: [{ guard: 'owner' }] });
    expect(lab.folders()).toEqual([]);
  });

  it('is not for another machine to write into, and nothing at all is written', async () => {
    const machine: Machine = { host: 'bob-pc', id: OTHER_ID };
    expect((await run(ADA)).outcome).toBe('written');
    // What a run of the owner has left unfinished is not cleared away either.
    mkdirSync(lab.folder('2001-01-01T00-00-00Z'));
    const before = everything();
    const end = await run(machine, { acceptChanges: true });
    expect(end).toMatchObject({
      outcome: 'failed',
      status: 4,
      guards: [{ guard: 'owner' }],
      removed: [],
      error: { code: 'E_GUARD', hint: expect.stringContaining('`snapshot run --only data --adopt`') },
    });
    for (const text of [ADA.host, machine.host, lab.source, lab.folder()])
      expect(end.error?.message).toContain(text);
    expect(everything()).toEqual(before);
    expect(await strangerTo(machine)).toContain('belongs to');
    expect((await run(machine, { dryRun: true })).status).toBe(4);
    expect(await run(ADA)).toMatchObject({ outcome: 'written', status: 0 });
  });

  it('refuses another source, and takes another way to the same one', async () => {
    await run(ADA);
    const { row } = lab;
    const other = join(lab.root, 'other');
    mkdirSync(other);
    lab.row = { ...row, source: other };
    const end = await run(ADA);
    expect(end).toMatchObject({ status: 4, guards: [{ guard: 'owner' }] });
    expect(end.error?.message).toContain(`belongs to "${lab.source}" on ada-pc, not to "${other}" on ada-pc`);
    const link = join(lab.root, 'link');
    symlinkSync(lab.source, link, 'junction');
    lab.row = { ...row, source: link };
    expect(await run(ADA)).toMatchObject({ outcome: 'written', status: 0 });
    rmSync(link);
    lab.row = row;
    // The newest snapshot names the link, which leads nowhere now.
    expect((await run(ADA)).status).toBe(4);
  });

  it('lets two machines have a series each in one destination', async () => {
    const bob: Machine = { host: 'bob-pc', id: OTHER_ID };
    const { row } = lab;
    for (let night = 0; night < 2; night++) {
      lab.row = row;
      expect((await run(ADA)).status).toBe(0);
      lab.row = { ...row, name: 'bob' };
      expect((await run(bob)).status).toBe(0);
    }
  });

  it('is adopted for good, also when nothing changed, and told in a dry run', async () => {
    const bob: Machine = { host: 'bob-pc', id: OTHER_ID };
    await run(ADA);
    const before = everything();
    const dry = await lab.run({ machine: bob, adopt: true, dryRun: true });
    expect(dry).toMatchObject({ outcome: 'unchanged', status: 0 });
    expect(lab.notes().at(-1)).toMatch(/would belong to ".*" on bob-pc from now on/);
    expect(everything()).toEqual(before);
    expect(await lab.run({ machine: bob, adopt: true })).toMatchObject({ outcome: 'unchanged', status: 0 });
    expect(lab.notes().at(-1)).toMatch(/ belongs to ".*" on bob-pc from now on/);
    expect(await lab.run({ machine: bob })).toMatchObject({ outcome: 'unchanged', status: 0 });
    expect(await run(ADA)).toMatchObject({ status: 4 });
    expect(await run(bob)).toMatchObject({ outcome: 'written', status: 0 });
    expect(await run(ADA)).toMatchObject({ status: 4 });
    // And back again.
    expect(await run(ADA, { adopt: true })).toMatchObject({ outcome: 'written', status: 0 });
    expect(await run(bob)).toMatchObject({ status: 4 });
    expect(await run(ADA)).toMatchObject({ status: 0 });
  });

  it('writes nothing for who adopts what is theirs', async () => {
    await run(ADA, { adopt: true });
    await run(ADA, { adopt: true });
    expect(readdirSync(lab.folder())).not.toContain('owner.json');
    expect(lab.notes().filter((note) => note.includes('belong'))).toEqual([]);
  });

  it('cannot be told by a damaged owner.json, until somebody adopts it', async () => {
    await run(ADA);
    writeFileSync(lab.folder('owner.json'), '{"host":');
    const end = await run(ADA);
    expect(end).toMatchObject({ status: 4, guards: [{ guard: 'owner' }] });
    expect(end.error?.message).toMatch(/cannot be told: ".*owner\.json" is damaged: it is not JSON/);
    expect(await run(ADA, { adopt: true })).toMatchObject({ status: 0 });
    expect(await run(ADA)).toMatchObject({ status: 0 });
  });

  /** Changes info.json of the `n`-th snapshot. */
  function edit(n: number, change: (info: Record<string, unknown>) => void): void {
    const file = lab.folder(lab.folders().at(n) ?? '', 'info.json');
    const info = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    change(info);
    writeFileSync(file, JSON.stringify(info));
  }

  it('is told by series of the first versions too, which have no id', async () => {
    await run(ADA);
    edit(-1, (info) => delete info['machine']);
    expect((await run({ host: 'bob-pc', id: ID })).status).toBe(4);
    expect((await run({ ...ADA, id: OTHER_ID })).status).toBe(0);
  });

  it('is anybody where a repair could not tell', async () => {
    await run(ADA);
    edit(-1, forget);
    expect((await run({ host: 'bob-pc', id: OTHER_ID })).status).toBe(0);
    // With another one beside it that tells, that one counts.
    edit(-1, forget);
    await run(ADA);
    edit(-1, forget);
    edit(0, (info) => Object.assign(info, { host: 'ada-pc' }));
    expect((await run({ host: 'bob-pc', id: OTHER_ID })).status).toBe(4);
    expect((await run(ADA)).status).toBe(0);
  });

  it('goes along when the folder of the series is moved', async () => {
    await run(ADA);
    const { row } = lab;
    const elsewhere = join(lab.root, 'elsewhere');
    mkdirSync(elsewhere);
    cpSync(lab.folder(), join(elsewhere, 'data'), { recursive: true });
    lab.row = { ...row, destination: elsewhere };
    expect((await run(ADA)).status).toBe(0);
    expect((await run({ ...ADA, id: OTHER_ID })).status).toBe(4);
  });
});
