// What the dashboard answers of a real series, and does.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HAS_LINKS } from '../base/able.lab.ts';
import { type Answer, Lab } from './dashboard.lab.ts';

describe('the dashboard', () => {
  it('says of each row what status says, with its plots, snapshots and commands', async () => {
    const lab = await Lab.open();
    lab.write('note.txt', 'two');
    await lab.run();
    const { json: overview } = await lab.ask('GET', '/v1/overview');
    expect(overview).toMatchObject({
      notes: [],
      pairs: [],
      rows: [
        { series: 'data', state: 'ok', reasons: [], snapshots: 2, files: 3, mayRun: true, isRunning: false },
      ],
    });
    const { json: row } = await lab.ask('GET', `/v1/rows/${await lab.row()}`);
    expect(row).toMatchObject({
      held: null,
      mirror: null,
      plots: [expect.stringMatching(/^<svg/) as string, expect.stringMatching(/^<svg/) as string],
      snapshots: [{ change: { added: 0, modified: 1, removed: 0 } }, { change: { added: 5 } }],
      commands: { run: expect.stringContaining('run') as string },
    });
    const { status, json } = await lab.ask('GET', '/v1/rows/000000000000');
    expect({ status, json }).toEqual({
      status: 404,
      json: { error: expect.stringContaining('no such row') as string },
    });
  });

  it('says what is wrong with the plan, in words', async () => {
    const lab = await Lab.open();
    writeFileSync(lab.plan, 'nonsense\n');
    const { status, json } = await lab.ask('GET', '/v1/overview');
    expect(status).toBe(500);
    expect(json).toMatchObject({ code: 'E_PLAN', error: expect.stringContaining('plan.csv') as string });
    expect(lab.failures).toEqual([]);
  });

  it('browses a snapshot folder by folder, whatever names hold', async () => {
    const lab = await Lab.open();
    const id = await lab.row();
    const { json: top } = await lab.ask('GET', `/v1/rows/${id}/files`);
    expect(top).toMatchObject({
      shown: '',
      more: 0,
      entries: [
        { name: 'note.txt', type: 'file', bytes: 3 },
        { name: 'photos', type: 'folder', files: 2, bytes: 10 },
      ],
    });
    const { json: photos } = await lab.ask('GET', `/v1/rows/${id}/files?path=photos`);
    const odd = (photos as { entries: { path: string; name: string }[] }).entries.at(-1);
    expect(odd).toMatchObject({ name: 'ä ö', path: 'photos/%C3%A4%20%C3%B6', files: 1 });
    const { json: inside } = await lab.ask(
      'GET',
      `/v1/rows/${id}/files?path=${encodeURIComponent(odd?.path ?? '')}`,
    );
    expect(inside).toMatchObject({ shown: 'photos/ä ö', entries: [{ name: 'b?.txt', bytes: 3 }] });
    const { status, json } = await lab.ask('GET', `/v1/rows/${id}/files?path=note.txt`);
    expect({ status, json }).toMatchObject({
      status: 400,
      json: { error: expect.stringContaining('is no folder') as string },
    });
    expect((await lab.ask('GET', `/v1/rows/${id}/files?at=1999-01-01`)).status).toBe(400);
  });

  it('tells the timeline of a file, and what changed in a snapshot', async () => {
    const lab = await Lab.open();
    const id = await lab.row();
    expect((await lab.ask('GET', `/v1/rows/${id}/difference`)).status).toBe(404);
    lab.write('note.txt', 'longer');
    await lab.run();
    const { json } = await lab.ask('GET', `/v1/rows/${id}/timeline?path=note.txt`);
    expect(json).toMatchObject({
      shown: 'note.txt',
      versions: [
        { version: 2, bytes: 6 },
        { version: 1, bytes: 3 },
      ],
    });
    const { json: difference } = await lab.ask('GET', `/v1/rows/${id}/difference`);
    expect(difference).toMatchObject({ more: 0, differences: [{ kind: 'modified', shown: 'note.txt' }] });
  });

  it('hands out a folder as a zip that unzip takes, and cuts one that fails', async () => {
    const lab = await Lab.open();
    const id = await lab.row();
    const body = { at: 'latest', path: 'photos', as: 'zip' };
    const ticket = await lab.ask('POST', `/v1/rows/${id}/tickets`, { body });
    expect(ticket.json).toMatchObject({
      name: 'photos.zip',
      command: expect.stringContaining('export') as string,
    });
    const { bytes, headers } = await lab.ask('GET', (ticket.json as { url: string }).url);
    expect(headers['content-type']).toBe('application/zip');
    writeFileSync(lab.path('photos.zip'), bytes);
    expect(execFileSync('unzip', ['-t', lab.path('photos.zip')]).toString()).toContain('No errors detected');
    const other = await lab.ask('POST', `/v1/rows/${id}/tickets`, { body });
    rmSync(lab.path('destination/data'), { recursive: true });
    const gone = await lab.ask('GET', (other.json as { url: string }).url);
    expect({ status: gone.status, isWord: typeof (gone.json as { error: unknown }).error }).toEqual({
      status: 400,
      isWord: 'string',
    });
  });

  it.skipIf(process.platform !== 'linux')(
    'hands out the file itself, and not one whose name is what it is shown as',
    async () => {
      const lab = await Lab.open();
      const id = await lab.row();
      lab.write('caf\\xe9', 'the name of this one is text');
      const name = Buffer.concat([Buffer.from(`${lab.source}/caf`), Buffer.from([0xe9])]);
      writeFileSync(name, 'and of this one it is not');
      await lab.run();
      for (const [path, content] of [
        ['caf%5Cxe9', 'the name of this one is text'],
        ['caf%E9', 'and of this one it is not'],
      ]) {
        const body = { at: 'latest', path, as: 'file' };
        const { json } = await lab.ask('POST', `/v1/rows/${id}/tickets`, { body });
        const { bytes } = await lab.ask('GET', (json as { url: string }).url);
        expect({ path, content: bytes.toString() }).toEqual({ path, content });
      }
      // Nor what only looks like it, which would be replaced as well.
      lab.write('cafe', 'of today');
      await lab.run();
      const wanted = { at: 'latest', path: 'caf%E9', folder: 'back', overwrite: 'never' };
      await lab.task(`/v1/rows/${id}/restore`, wanted);
      expect(readdirSync(lab.path('restored/back'), 'latin1')).toEqual(['caf\xe9']);
    },
  );

  it.skipIf(process.platform !== 'linux')('says in a zip what had to be left out of it', async () => {
    const lab = await Lab.open();
    const id = await lab.row();
    lab.write('photos/NOT IN THIS ZIP.txt', 'one of theirs');
    lab.write('NOT IN THIS ZIP.txt', 'another one');
    await lab.run();
    const zip = async (): Promise<readonly string[]> => {
      const body = { at: 'latest', path: '', as: 'zip' };
      const { json } = await lab.ask('POST', `/v1/rows/${id}/tickets`, { body });
      const { bytes } = await lab.ask('GET', (json as { url: string }).url);
      writeFileSync(lab.path('all.zip'), bytes);
      return execFileSync('unzip', ['-Z1', lab.path('all.zip')], { encoding: 'utf8' }).split('\n');
    };
    expect(await zip()).not.toContain('_NOT IN THIS ZIP.txt');
    writeFileSync(Buffer.concat([Buffer.from(`${lab.source}/photos/caf`), Buffer.from([0xe9])]), 'odd');
    await lab.run();
    expect(await zip()).toEqual(
      expect.arrayContaining(['_NOT IN THIS ZIP.txt', 'NOT IN THIS ZIP.txt', 'photos/a.jpg']),
    );
    const said = execFileSync('unzip', ['-p', lab.path('all.zip'), '_NOT IN THIS ZIP.txt'], {
      encoding: 'utf8',
    });
    expect(said).toMatch(/^photos\/caf\\xe9: its name is not UTF-8, and .*\n$/);
  });

  it.skipIf(!HAS_LINKS)('hands out a link as what it is, in a zip, and not as a file', async () => {
    const lab = await Lab.open();
    const id = await lab.row();
    symlinkSync('note.txt', lab.path('source/link'));
    await lab.run();
    const asked = async (as: string): Promise<Answer> =>
      await lab.ask('POST', `/v1/rows/${id}/tickets`, { body: { at: 'latest', path: 'link', as } });
    const refused = await asked('file');
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({ error: '"link" is a link: as zip it can be had' });
    const { bytes } = await lab.ask('GET', ((await asked('zip')).json as { url: string }).url);
    writeFileSync(lab.path('link.zip'), bytes);
    execFileSync('unzip', ['-q', lab.path('link.zip'), '-d', lab.path('unzipped')]);
    expect(readlinkSync(lab.path('unzipped/link'))).toBe('note.txt');
  });

  it('runs a row as a task, says how it ended, and stops none that is over', async () => {
    const lab = await Lab.open();
    const id = await lab.row();
    lab.write('new.txt', 'new');
    const task = await lab.task(`/v1/rows/${id}/run`, {});
    expect(task).toMatchObject({ kind: 'run', row: id, status: 0, counts: { added: 1 }, error: null });
    expect(task.said).toMatch(/^data: written, 4 files/);
    expect((await lab.ask('POST', `/v1/tasks/${task.id}/stop`)).status).toBe(404);
    const { json: log } = await lab.ask('GET', '/v1/log');
    const { lines } = log as { lines: { message: string }[] };
    expect(lines.map(({ message }) => message).slice(0, 3)).toEqual([
      'run ended',
      'row written',
      'run started',
    ]);
  });

  it('shows what a guard holds back, what accepting would do, and accepts', async () => {
    const lab = await Lab.open();
    const id = await lab.row();
    rmSync(lab.source, { recursive: true });
    lab.write('.keep/x', 'x');
    rmSync(join(lab.source, '.keep'), { recursive: true });
    const refused = await lab.task(`/v1/rows/${id}/run`, {});
    expect(refused).toMatchObject({
      status: 4,
      error: { message: expect.stringContaining('is empty') as string },
    });
    const { json: row } = await lab.ask('GET', `/v1/rows/${id}`);
    expect(row).toMatchObject({ state: 'failing', lastRun: { guards: ['empty-source'] } });
    const looked = await lab.task(`/v1/rows/${id}/run`, { dryRun: true, accept: true });
    expect(looked).toMatchObject({ dryRun: true, status: 0, counts: { removed: 5 } });
    const accepted = await lab.task(`/v1/rows/${id}/run`, { accept: true });
    expect(accepted).toMatchObject({
      status: 0,
      error: null,
      command: expect.stringMatching(/ --accept-changes$/) as string,
    });
    const { json: after } = await lab.ask('GET', '/v1/overview');
    expect(after).toMatchObject({ rows: [{ state: 'ok' }] });
  });

  it('restores below its folder, and says before what it would replace', async () => {
    const lab = await Lab.open();
    const path = `/v1/rows/${await lab.row()}/restore`;
    const wanted = { at: 'latest', path: 'photos', folder: 'back', overwrite: 'never' };
    const looked = await lab.task(path, { ...wanted, dryRun: true });
    expect(looked).toMatchObject({ status: 0, counts: { files: 2, replace: 0 } });
    expect(existsSync(join(lab.restored, 'back'))).toBe(false);
    await lab.task(path, wanted);
    const file = join(lab.restored, 'back/photos/a.jpg');
    expect(readFileSync(file, 'utf8')).toBe('picture');
    writeFileSync(file, 'other');
    expect(await lab.task(path, { ...wanted, dryRun: true })).toMatchObject({
      counts: { refuse: 1, same: 1 },
    });
    const replacing = { ...wanted, overwrite: 'if-changed' };
    expect(await lab.task(path, { ...replacing, dryRun: true })).toMatchObject({
      counts: { replace: 1 },
      said: expect.stringContaining('1 file of them in place of others') as string,
    });
    await lab.task(path, replacing);
    expect(readFileSync(file, 'utf8')).toBe('picture');
  });

  it('refuses requests that it does not understand', async () => {
    const lab = await Lab.open();
    const id = await lab.row();
    const wrong: readonly (readonly [string, object])[] = [
      ['run', { dryRun: 'yes' }],
      ['tickets', { at: 'latest', path: 'photos', as: 'tar' }],
      ['tickets', { path: 'photos', as: 'zip' }],
      ['tickets', { at: 'latest', path: 'photos', as: 'file' }],
      ['tickets', { at: 'latest', path: '', as: 'file' }],
      ['restore', { at: 'latest', path: '', folder: 'x', overwrite: 'always' }],
    ];
    for (const [action, body] of wrong) {
      const { status } = await lab.ask('POST', `/v1/rows/${id}/${action}`, { body });
      expect({ action, body, status }).toEqual({ action, body, status: 400 });
    }
    expect((await lab.ask('GET', `/v1/rows/${id}/timeline`)).status).toBe(400);
  });
});
