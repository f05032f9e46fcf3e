// What a first week on Windows looks like: every command, on real folders, as somebody would type it. It runs under `node.exe`,
// on Windows and under Wine, and needs nothing that is not in the package: `node --test` of Node itself.
import { strictEqual as equal, match, ok } from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../../dist/bin/main.js', import.meta.url));
/** Another drive than the one of the temporary folder, as `E:\`; where there is none, what needs it is skipped. */
const OTHER_DRIVE = process.env['SNAPSHOT_OTHER_DRIVE'];

const home = realpathSync.native(mkdtempSync(join(tmpdir(), 'snapshot smoke ')));
const docs = join(home, 'Dokumente');
const other = OTHER_DRIVE === undefined ? undefined : mkdtempSync(join(OTHER_DRIVE, 'Sicherung '));
const disk = join(other ?? home, 'Platte');
/** Beside it: a folder that holds nothing but a destination counts as a part of it. */
const beside = OTHER_DRIVE === undefined ? undefined : mkdtempSync(join(OTHER_DRIVE, 'anderswo '));
const plan = join(home, 'plan.csv');
/** Past the 260 characters of old programs. */
const DEEP = Array.from({ length: 12 }, (_, i) => `ein recht langer Ordnername ${i}`).join('\\');

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly all: string;
}

let commands = 0;
const env = {
  ...process.env,
  USERPROFILE: home,
  LOCALAPPDATA: join(home, 'AppData', 'Local'),
  NO_COLOR: '1',
};

/** `snapshot ...args`, in the folder of the plan. */
function snapshot(...args: readonly string[]): Ended {
  commands++;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: home,
    env,
    encoding: 'utf8',
  });
  return { status, out: stdout, all: `${stdout}${stderr}` };
}

/** As {@link snapshot}, for what is to go well. */
function fine(...args: readonly string[]): string {
  const { status, out, all } = snapshot(...args);
  equal(status, 0, `${args.join(' ')}\n${all}`);
  return out;
}

/** As Excel saves "CSV UTF-8" where the comma is for decimals. */
function saveAsExcel(file: string, rows: readonly (readonly string[])[]): void {
  writeFileSync(file, `\uFEFF${rows.map((row) => row.join(';')).join('\r\n')}\r\n`);
}

function write(file: string, content: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
}

/** Paths below `folder` and what the files hold, in one text. */
function treeOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  return names
    .map((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? `${name}/` : `${name}: ${readFileSync(path, 'utf8')}`;
    })
    .join('\n');
}

function snapshotsOf(series: string): readonly string[] {
  const folder = join(disk, series);
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^\d{4}-/.test(name)) : [];
}

/** The locks of runs that lie in a series; what keeps older versions out of it is none. */
function locksOf(series: string): string {
  return readdirSync(join(disk, series))
    .filter((name) => name.startsWith('.lock-') && name !== '.lock-of-version-2')
    .join(', ');
}

/** `snapshot ...args`, which goes on by itself. */
function begin(...args: readonly string[]): { readonly child: ChildProcess; readonly said: () => string } {
  commands++;
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: home, env });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { child, said: () => said };
}

/** A program that has `file` open, and lets nobody remove it, until `end`. */
async function holding(file: string): Promise<{ readonly end: () => Promise<void> }> {
  const child = spawn('cmd.exe', ['/d', '/c', `more < "${file}" & pause`], {
    windowsVerbatimArguments: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return { end: async () => await ended(child) };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}

before(() => {
  write(join(docs, 'Brief.txt'), 'Hallo');
  write(join(docs, 'Grüße', 'Tante Käthe – größer.md'), 'ÄÖÜß');
  write(join(docs, 'Bilder', '日本.txt'), '写真');
  write(join(docs, DEEP, 'tief.txt'), 'tief');
  write(join(docs, 'alt.txt'), '1965');
  utimesSync(join(docs, 'alt.txt'), new Date('1965-06-01T12:00:00Z'), new Date('1965-06-01T12:00:00Z'));
  write(join(docs, 'fest.txt'), 'read-only');
  chmodSync(join(docs, 'fest.txt'), 0o444);
  write(join(docs, 'weg.tmp'), 'left out');
  // As `echo *.tmp > .snapshotignore` writes it in the PowerShell that Windows brings.
  writeFileSync(join(docs, '.snapshotignore'), Buffer.from('\uFEFF*.tmp\r\n', 'utf16le'));
  const slashes = `${disk.replaceAll('\\', '/')}/`;
  saveAsExcel(plan, [
    ['active', 'source', 'destination', 'name', 'keep', 'format'],
    ['yes', String.raw`%USERPROFILE%\Dokumente`, slashes, 'docs', 'last=3', 'tar.zst'],
    ['yes', '~/Dokumente/Bilder', disk, 'Bilder', 'last=2', 'zip'],
  ]);
});

describe('before the first run', () => {
  it('says its version, and helps', () => {
    match(fine('--version'), /^\d+\.\d+\.\d+\r?\n$/);
    match(fine('--help'), /snapshot restore/);
  });

  it('writes a plan to begin with', () => {
    fine('init', '--plan', 'first.csv');
    ok(existsSync(join(home, 'first.csv')));
  });

  it('checks a plan that Excel has saved, and changes nothing', () => {
    match(fine('check', '--plan', plan), /zstd from /);
    ok(!existsSync(disk));
  });

  it('says what is wrong with a plan that Excel has saved in another form', () => {
    writeFileSync(
      join(home, 'ansi.csv'),
      Buffer.from('source;destination\r\nC:\\Gr\xfc\xdfe;D:\\x\r\n', 'latin1'),
    );
    match(snapshot('check', '--plan', 'ansi.csv').all, /UTF-8/);
    writeFileSync(join(home, 'unicode.csv'), Buffer.from('\uFEFFsource\tdestination\r\n', 'utf16le'));
    const { status, all } = snapshot('check', '--plan', 'unicode.csv');
    equal(status, 2);
    match(all, /UTF-16/);
  });
});

describe('nights', () => {
  it('plans, and writes nothing', () => {
    fine('run', '--plan', plan, '--dry-run');
    ok(!existsSync(disk));
  });

  it('writes snapshots of both rows', () => {
    fine('run', '--plan', plan);
    equal(snapshotsOf('docs').length, 1);
    equal(snapshotsOf('Bilder').length, 1);
  });

  it('writes nothing when nothing changed', () => {
    match(fine('run', '--plan', plan), /nothing changed/);
    equal(snapshotsOf('docs').length, 1);
  });

  it('records modes that others can use, and leaves out what a .snapshotignore in UTF-16 says', () => {
    const files = fine('files', 'docs', '--plan', plan, '--json');
    ok(!files.includes('weg.tmp'), files);
    const modes = files
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
      .filter(({ path }) => ['Brief.txt', 'fest.txt', 'Bilder'].includes(String(path)));
    equal(
      modes
        .map(({ path, mode }) => `${String(path)} ${String(mode)}`)
        .toSorted()
        .join(', '),
      'Bilder 0755, Brief.txt 0644, fest.txt 0444',
    );
  });

  it('sees a new time, a name of which only the case changed, and new content', () => {
    renameSync(join(docs, 'Brief.txt'), join(docs, 'BRIEF.txt'));
    write(join(docs, 'neu.txt'), 'neu');
    fine('run', '--plan', plan);
    equal(snapshotsOf('docs').length, 2);
    const said = fine('diff', 'docs', '--plan', plan);
    match(said, /neu\.txt/);
    // Wine leaves the name as it was.
    if (readdirSync(docs).includes('BRIEF.txt')) match(said, /BRIEF\.txt/);
  });

  it('rotates, and one that somebody has open does not make the night fail', async () => {
    const [oldest = ''] = snapshotsOf('docs');
    const archive = readdirSync(join(disk, 'docs', oldest)).find((name) => name.endsWith('Z.tar.zst')) ?? '';
    const held = await holding(join(disk, 'docs', oldest, archive));
    try {
      for (const text of ['1', '2', '3']) {
        write(join(docs, 'neu.txt'), text);
        const { status, all } = snapshot('run', '--plan', plan);
        ok(status === 0 || status === 4, all);
      }
    } finally {
      await held.end();
    }
    write(join(docs, 'neu.txt'), '4');
    fine('run', '--plan', plan);
    equal(snapshotsOf('docs').length, 3);
  });

  it('takes the place of one that was killed in the middle', async () => {
    for (let i = 0; i < 60; i++) writeFileSync(join(docs, `viel ${i}.tmp2`), randomBytes(300_000));
    // So slow that nobody can look too late: one that had finished would make what is removed below a mass change.
    const run = begin('run', '--plan', plan, '--only', 'docs', '--max-rate', '100KB/s');
    while (snapshotsOf('docs').length < 4) {
      ok(run.child.exitCode === null, `it has ended by itself: ${run.said()}`);
      await pause(5);
    }
    await ended(run.child);
    for (let i = 0; i < 60; i++) unlinkSync(join(docs, `viel ${i}.tmp2`));
    fine('run', '--plan', plan);
    match(fine('verify', '--plan', plan, '--level', 'full'), /docs/);
    equal(locksOf('docs'), '');
  });

  it('lets in one of several that begin at once', async () => {
    write(join(docs, 'neu.txt'), 'at once');
    const runs = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const { child, said } = begin('run', '--plan', plan, '--only', 'docs');
        const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
        return { status, said: said() };
      }),
    );
    const all = runs.map(({ status, said }) => `${status}: ${said}`).join('\n');
    ok(
      runs.every(({ status }) => status === 0 || status === 11),
      all,
    );
    ok(
      runs.some(({ status }) => status === 0),
      all,
    );
    equal(locksOf('docs'), '', all);
  });
});

describe('looking', () => {
  it('lists, shows and finds', () => {
    match(fine('list', '--plan', plan), /docs/);
    match(fine('files', 'docs', 'Grüße', '--plan', plan), /Tante Käthe – größer\.md/);
    match(fine('find', 'tief.txt', '--plan', plan), /docs/);
    equal(fine('cat', 'docs', 'Grüße/Tante Käthe – größer.md', '--plan', plan), 'ÄÖÜß');
    equal(fine('cat', 'docs', `${DEEP.replaceAll('\\', '/')}/tief.txt`, '--plan', plan), 'tief');
    match(fine('status', '--plan', plan), /docs/);
  });

  it('completes words for the PowerShell or bash', () => {
    ok(fine('completion', 'bash').length > 0);
  });

  it('verifies quickly, in full, and by a drill where the system can', () => {
    fine('verify', '--plan', plan);
    const { status, all } = snapshot('verify', '--plan', plan, '--drill');
    if (existsSync(String.raw`C:\Windows\System32\tar.exe`)) equal(status, 0, all);
    else match(all, /tar/);
  });
});

describe('getting back', () => {
  const back = join(home, 'zurück');

  it('restores everything, with names, content, times and read-only as they were', () => {
    fine('restore', 'docs', '--to', back, '--plan', plan);
    equal(treeOf(back), treeOf(docs).replace('weg.tmp: left out\n', '').replace('\nweg.tmp: left out', ''));
    // What Node reads there of a time before 1970 is one 136 years later; it is the same of both.
    equal(statSync(join(back, 'alt.txt')).mtimeMs, statSync(join(docs, 'alt.txt')).mtimeMs);
    equal(statSync(join(back, 'fest.txt')).mode & 0o222, 0);
  });

  it('restores nothing again that is there', () => {
    const said = fine('restore', 'docs', '--to', back, '--plan', plan, '--overwrite', 'if-changed', '--json');
    const end = JSON.parse(said.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
    equal(
      JSON.stringify(end).includes('"written":0') || !JSON.stringify(end).includes('"written"'),
      true,
      said,
    );
  });

  it('writes over what is read-only when it may', () => {
    chmodSync(join(back, 'fest.txt'), 0o666);
    write(join(back, 'fest.txt'), 'another');
    chmodSync(join(back, 'fest.txt'), 0o444);
    fine('restore', 'docs', '--to', back, '--plan', plan, '--overwrite', 'always');
    equal(readFileSync(join(back, 'fest.txt'), 'utf8'), 'read-only');
  });

  it('deletes nothing that it has just written because its case differs', () => {
    renameSync(join(back, 'BRIEF.txt'), join(back, 'brief.TXT'));
    renameSync(join(back, 'Bilder'), join(back, 'BILDER'));
    write(join(back, 'fremd.txt'), 'to be deleted');
    fine('restore', 'docs', '--to', back, '--plan', plan, '--overwrite', 'if-changed', '--delete', '--yes');
    equal(readFileSync(join(back, 'BRIEF.txt'), 'utf8'), 'Hallo');
    equal(readFileSync(join(back, 'Bilder', '日本.txt'), 'utf8'), '写真');
    ok(!existsSync(join(back, 'fremd.txt')));
  });

  it('names what another program keeps it from replacing, and does the rest', async () => {
    const held = await holding(join(back, 'neu.txt'));
    try {
      write(join(back, 'alt.txt'), 'to be replaced');
      const { all } = snapshot('restore', 'docs', '--to', back, '--plan', plan, '--overwrite', 'always');
      equal(readFileSync(join(back, 'alt.txt'), 'utf8'), '1965', all);
    } finally {
      await held.end();
    }
  });

  it('restores to another drive', { skip: other === undefined && 'there is one drive only' }, () => {
    const there = join(beside ?? '', 'zurück');
    fine('restore', 'docs', 'Grüße', '--to', there, '--plan', plan);
    equal(readFileSync(join(there, 'Grüße', 'Tante Käthe – größer.md'), 'utf8'), 'ÄÖÜß');
    // And from the series, without a plan, to the drive that it is not on.
    fine('restore', join(disk, 'docs'), 'BRIEF.txt', '--to', join(home, 'ohne Plan'));
    equal(readFileSync(join(home, 'ohne Plan', 'BRIEF.txt'), 'utf8'), 'Hallo');
  });

  it('never writes into the series, however its path is spelled', () => {
    for (const to of [join(disk, 'docs', 'x'), disk.toUpperCase(), `${disk.replaceAll('\\', '/')}/docs/x`])
      equal(snapshot('restore', 'docs', '--to', to, '--plan', plan).status, 2, to);
  });

  it('restores a zip, and makes archives for others', () => {
    fine('restore', 'Bilder', '--to', join(home, 'aus dem Zip'), '--plan', plan);
    equal(readFileSync(join(home, 'aus dem Zip', '日本.txt'), 'utf8'), '写真');
    for (const end of ['zip', 'tar.gz', 'tar.zst']) {
      fine('export', 'docs', '--to', join(home, `alles.${end}`), '--plan', plan);
      fine('export', 'docs', '--to', join(home, `alles.${end}`), '--plan', plan, '--overwrite');
    }
  });
});

describe('upkeep', () => {
  it('pins, lets go, prunes and removes', () => {
    const [oldest = ''] = snapshotsOf('docs');
    fine('pin', 'docs', oldest, '--plan', plan, '--reason', 'für später');
    fine('prune', '--plan', plan, '--dry-run');
    fine('unpin', 'docs', oldest, '--plan', plan);
    fine('forget', 'docs', oldest, '--plan', plan, '--yes');
    ok(!snapshotsOf('docs').includes(oldest));
    fine('prune', '--plan', plan);
    fine('accept', 'docs', '--plan', plan);
  });

  it('mends a snapshot that has lost its index', () => {
    const newest = snapshotsOf('docs').at(-1) ?? '';
    writeFileSync(join(disk, 'docs', newest, 'index.jsonl.zst'), 'damaged');
    equal(snapshot('verify', '--plan', plan).status, 1);
    fine('verify', 'docs', '--plan', plan, '--repair');
    fine('verify', '--plan', plan);
  });
});

describe('the PC', () => {
  it('shows what it would install, with the task that runs without a window', () => {
    const said = fine('schedule', 'install', '--plan', plan, '--cron', '0 2 * * *', '--dry-run');
    match(said, /<Task version=/);
  });

  it('tells that there is no shutdown to cancel', () => {
    ok(snapshot('shutdown', '--cancel').status !== null);
  });

  it('tells a webhook that is not there', () => {
    ok(snapshot('notify', '--notify', 'webhook:http://127.0.0.1:9/', '--plan', plan).status !== 0);
  });
});

after(() => {
  for (const folder of [home, other, beside])
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  console.log(`# commands ${commands}`);
});
