// Runs, restores and downloads of a dashboard that go on while something else happens.
import { mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pin } from '../jobs/upkeep/pin.ts';
import { Lab } from './dashboard.lab.ts';
import { closeRows, readRows } from './rows.ts';

/** A lab whose row waits, from now on, until there is a file `go`. */
async function waiting(): Promise<Lab> {
  const lab = await Lab.open();
  const loop = `while [ ! -e ${lab.path('go')} ]; do sleep 0.02; done`;
  writeFileSync(lab.plan, `source,destination,name,before\nsource,destination,data,${loop}\n`);
  return lab;
}

const withoutShell = process.platform === 'win32';

describe.skipIf(withoutShell)('a run that is at work', () => {
  it('keeps another one out, but none that only looks, and none that looks keeps one out', async () => {
    const lab = await waiting();
    const path = `/v1/rows/${await lab.row()}/run`;
    const ask = async (body: object): Promise<number> => (await lab.ask('POST', path, { body })).status;
    expect([await ask({ dryRun: true }), await ask({}), await ask({}), await ask({ dryRun: true })]).toEqual([
      202, 202, 409, 202,
    ]);
    writeFileSync(lab.path('go'), '');
  });

  it('is stopped and waited for when the dashboard ends', async () => {
    const lab = await waiting();
    await lab.ask('POST', `/v1/rows/${await lab.row()}/run`, { body: {} });
    expect(lab.dashboard.working()).toBe(1);
    await lab.dashboard.close();
    expect(lab.dashboard.working()).toBe(0);
  });
});

describe('the dashboard', () => {
  it('tells two rows of one name apart by where they write', async () => {
    const lab = await Lab.open();
    writeFileSync(
      lab.plan,
      'source,destination,name\nsource,destination,data\nsource,destination2,data\nsource,destination,only\n',
    );
    const { rows } = await readRows(lab.plan, () => {});
    const words = rows.map(({ word }) => word);
    await closeRows(rows);
    expect([words.filter((word) => word.includes('destination')).length, words[2]]).toEqual([2, 'only']);
  });

  it('says from when to when a version was there, and why a snapshot is pinned', async () => {
    const lab = await Lab.open();
    lab.write('other.txt', 'two');
    await lab.run();
    const { rows } = await readRows(lab.plan, () => {});
    for (const { series } of rows) await pin(series, 'latest', 'before the move', new Date());
    await closeRows(rows);
    const id = await lab.row();
    const { json } = await lab.ask('GET', `/v1/rows/${id}/timeline?path=note.txt`);
    const [{ from, to, snapshots }] = (
      json as { versions: [{ from: string; to: string; snapshots: string[] }] }
    ).versions;
    expect([snapshots.length, Date.parse(from) < Date.parse(to)]).toEqual([2, true]);
    const { json: row } = await lab.ask('GET', `/v1/rows/${id}`);
    expect(row).toMatchObject({ snapshots: [{ pin: 'before the move' }, { pin: null }] });
  });

  it('accepts what a guard says of one folder, and says how many snapshots went', async () => {
    const lab = await Lab.open();
    for (let i = 0; i < 400; i++) lab.write(`${i < 150 ? 'many' : 'rest'}/${i}`, `${i}`);
    await lab.run();
    rmSync(join(lab.source, 'many'), { recursive: true });
    const id = await lab.row();
    expect(await lab.task(`/v1/rows/${id}/run`, {})).toMatchObject({ said: expect.stringContaining('many') });
    const { json } = await lab.ask('GET', `/v1/rows/${id}`);
    const { path } = (json as { held: { path: string } }).held;
    writeFileSync(lab.plan, 'source,destination,name,keep\nsource,destination,data,last=1\n');
    expect(await lab.task(`/v1/rows/${id}/run`, { accept: true })).toMatchObject({
      status: 0,
      command: expect.stringContaining(`--accept-changes=${path}`) as string,
      progress: null,
    });
    lab.write('new', 'new');
    expect(await lab.task(`/v1/rows/${id}/run`, {})).toMatchObject({ counts: { rotatedOut: 3 } });
    const { json: after } = await lab.ask('GET', `/v1/rows/${id}`);
    expect(after).toMatchObject({ held: null });
  });

  it.each(['quick', 'full', 'drill'])('verifies a series (%s), and notes it in its log', async (depth) => {
    const lab = await Lab.open();
    const id = await lab.row();
    const task = await lab.task(`/v1/rows/${id}/verify`, { depth });
    expect(task).toMatchObject({ kind: 'verify', status: 0, error: null, problemCount: 0 });
    const { json } = await lab.ask('GET', `/v1/rows/${id}`);
    const level = depth === 'full' ? 'full' : 'quick';
    expect(json).toMatchObject({ lastVerify: { level, result: 'passed' } });
    expect((json as { lastDrill: unknown }).lastDrill !== null).toBe(depth === 'drill');
    const { commands } = json as { commands: { verify: { depth: string; command: string }[] } };
    expect(commands.verify.find((one) => one.depth === depth)?.command).toBe(task.command);
  });

  it('says what is damaged, and fails then', async () => {
    const lab = await Lab.open();
    const id = await lab.row();
    const [snapshot = ''] = readdirSync(lab.path('destination/data')).filter((name) => /^\d{4}-/.test(name));
    rmSync(lab.path(`destination/data/${snapshot}/RESTORE.txt`));
    expect(await lab.task(`/v1/rows/${id}/verify`, { depth: 'quick' })).toMatchObject({
      status: 1,
      counts: { damages: 1 },
      problems: [expect.stringContaining('RESTORE.txt')],
    });
    expect((await lab.ask('POST', `/v1/rows/${id}/verify`, { body: { depth: 'deep' } })).status).toBe(400);
  });

  it('restores into no folder beside its own whose name begins alike', async () => {
    const lab = await Lab.open();
    mkdirSync(`${lab.restored}-other`);
    symlinkSync(`${lab.restored}-other`, join(lab.restored, 'link'));
    const body = { at: 'latest', path: '', folder: 'link/x', overwrite: 'never' };
    const { status } = await lab.ask('POST', `/v1/rows/${await lab.row()}/restore`, { body });
    expect(status).toBe(403);
  });

  it('takes nothing for a failure when who downloads goes away', async () => {
    const lab = await Lab.open();
    lab.write('large', '');
    truncateSync(join(lab.source, 'large'), 100e6);
    await lab.run();
    const body = { at: 'latest', path: 'large', as: 'file' };
    const { json } = await lab.ask('POST', `/v1/rows/${await lab.row()}/tickets`, { body });
    const asking = get(`${lab.dashboard.url}${(json as { url: string }).url}`);
    const [answer] = (await once(asking, 'response')) as [NodeJS.ReadableStream];
    await once(answer, 'readable');
    asking.destroy();
    await once(asking, 'close');
    // Another whole one after it: what became of the first is known by then.
    const again = await lab.ask('POST', `/v1/rows/${await lab.row()}/tickets`, { body });
    expect((await lab.ask('GET', (again.json as { url: string }).url)).bytes.length).toBe(100e6);
    expect(lab.failures).toEqual([]);
  });
});
