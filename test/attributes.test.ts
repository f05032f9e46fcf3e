// Everything a file is beside its content: extended attributes, access lists, capabilities, owners. Out by every way.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf, hasTool, IS_LINUX, IS_ROOT, tool, PYTHON } from './support/command.ts';
import { Place } from './support/place.ts';
import { takenOtherwise } from './support/taken.ts';

const TOOLS = ['getfattr', 'setfattr', 'getfacl', 'setfacl', 'getcap', 'setcap', 'rsync', 'bsdtar'];
const isPossible = IS_LINUX && IS_ROOT && TOOLS.every(hasTool);

/** Makes a tree with every kind. */
function makeTree(source: string): void {
  const at = (path: string): string => join(source, path);
  mkdirSync(at('folder/inner'), { recursive: true });
  writeFileSync(at('plain'), 'plain');
  writeFileSync(at('tagged'), 'tagged');
  writeFileSync(at('folder/read-only'), 'nobody writes to it');
  writeFileSync(at('listed'), 'it has an access list');
  writeFileSync(at('tool'), '#!/bin/sh\n');
  writeFileSync(at('large'), Buffer.alloc(6_000_000, 'large'));
  // A hole, data, a hole; and nothing but one.
  writeFileSync(at('folder/holes'), '');
  truncateSync(at('folder/holes'), 9_000_000);
  tool('dd', [
    'if=/dev/zero',
    `of=${at('folder/holes')}`,
    'bs=1M',
    'count=2',
    'seek=4',
    'conv=notrunc',
    'status=none',
  ]);
  writeFileSync(at('empty of data'), '');
  truncateSync(at('empty of data'), 5_000_001);
  tool('setfattr', ['-n', 'user.tag', '-v', 'with holes', at('folder/holes')]);
  tool('setfacl', ['-m', 'u:1234:r', at('folder/holes')]);
  tool('ln', [at('folder/holes'), at('holes again')]);
  utimesSync(at('folder/holes'), 1_600_000_000.5, 1_600_000_000.123);
  symlinkSync('tagged', at('link'));
  tool('ln', [at('tagged'), at('folder/second name')]);
  tool('setfattr', ['-n', 'user.tag', '-v', 'keep', at('tagged')]);
  tool('setfattr', ['-n', 'user.bytes', '-v', '0x00ff0a27', at('tagged')]);
  tool('setfattr', ['-n', 'user.empty', at('tagged')]);
  tool('setfattr', ['-n', 'user.a=b%c', '-v', 'odd', at('plain')]);
  tool('setfattr', ['-n', 'trusted.known', '-v', 'to root', at('plain')]);
  tool('setfattr', ['-n', 'user.tag', '-v', 'of a folder', at('folder')]);
  tool('setfattr', ['-n', 'user.tag', '-v', 'read only', at('folder/read-only')]);
  tool('setfattr', ['-n', 'user.large', '-v', `0x${'5a'.repeat(2000)}`, at('large')]);
  tool('setfattr', ['-h', '-n', 'trusted.link', '-v', 'of a link', at('link')]);
  tool('setfacl', ['-m', 'u:1234:rw,g:100:r', at('listed')]);
  tool('setfacl', ['-d', '-m', 'g:100:rwx', at('folder/inner')]);
  tool('chown', ['1234:4321', at('folder/read-only')]);
  chmodSync(at('folder/read-only'), 0o444);
  chmodSync(at('tool'), 0o755);
  tool('setcap', ['cap_net_raw+ep', at('tool')]);
}

/** What the system's programs say of a tree. */
function shown(root: string, names = '-'): string {
  const run = (command: string): string =>
    spawnSync('sh', ['-c', command], { cwd: root, encoding: 'utf8' }).stdout;
  return [
    run(`find . -mindepth 1 | sort | xargs -d '\n' getfattr -h -d -m '${names}' -e hex`),
    run("find . -mindepth 1 ! -type l | sort | xargs -d '\n' getfacl -n -p"),
    names === '-' ? run("find . -type f | sort | xargs -d '\n' getcap") : '',
    run("find . -mindepth 1 -printf '%p %y %m %U:%G %s %l\n' | sort"),
  ].join('\n');
}

/** Empty when rsync would copy nothing. */
function rsyncSays(from: string, to: string): string {
  return tool('rsync', ['-aAXHSnci', '--delete', '--no-D', `${from}/`, `${to}/`]).replace(
    /^\.d\.\.t.*\n/gm,
    '',
  );
}

function withoutOwners(text: string): string {
  return text.replaceAll(/\d+:\d+ |# (?:owner|group): \d+\n/g, '');
}

/** By hand, as the page says, with one program or another in the place of tar. */
function byHand(place: Place, program: string, options: readonly string[], to: string): void {
  mkdirSync(to);
  for (const archive of place.archives()) tool(program, ['--zstd', '-xpf', archive, '-C', to, ...options]);
}

describe.skipIf(!isPossible)('extended attributes, access lists, capabilities and owners', () => {
  it('come back by restore, GNU tar, bsdtar and RESTORE.txt', async () => {
    const place = Place.open();
    makeTree(place.source);
    const expected = shown(place.source);
    await place.night();
    expect(expected).toMatch(/user\.bytes=0x00ff0a27[^]*group:100:rwx[^]*cap_net_raw=ep/);
    await place.command(['restore', 'data', '--to', place.path('restored')]);
    byHand(place, 'tar', ['--xattrs', '--xattrs-include=*', '--acls'], place.path('tar'));
    byHand(place, 'bsdtar', [], place.path('bsdtar'));
    tool('sh', [place.file('RESTORE.txt'), place.path('script')]);
    // bsdtar knows no such names, and takes them as they stand.
    tool('setfattr', ['-x', 'user.a%3Db%25c', place.path('bsdtar/plain')]);
    tool('setfattr', ['-n', 'user.a=b%c', '-v', 'odd', place.path('bsdtar/plain')]);
    for (const way of ['restored', 'tar', 'bsdtar', 'script']) {
      expect.soft(shown(place.path(way)), way).toBe(expected);
      expect.soft(rsyncSays(place.source, place.path(way)), way).toBe('');
      expect.soft(takenOtherwise(place.source, place.path(way)), way).toEqual([]);
    }
    for (const env of [{}, { SNAPSHOT_NATIVE_CALLS: 'no' }])
      expect((await place.command(['verify', 'data', '--drill'], { env })).status).toBe(0);
    expect((await place.command(['restore', 'data', '--to', place.path('tar')])).stderr).not.toContain(
      'conflict',
    );
  });

  it('come back as far as a user may, and what may not is named', async () => {
    const place = Place.open();
    makeTree(place.source);
    await place.night();
    tool('chmod', ['-R', 'a+rX', place.root]);
    tool('chmod', ['a+rwx', place.root]);
    const { stdout, stderr, status } = spawnSync(
      'runuser',
      [
        '-u',
        'nobody',
        '--',
        'env',
        `HOME=${place.root}`,
        process.execPath,
        'dist/bin/main.js',
        'restore',
        'data',
        '--plan',
        place.plan,
        '--to',
        place.path('out'),
      ],
      { encoding: 'utf8' },
    );
    expect([status, stdout + stderr]).toEqual([
      3,
      expect.stringMatching(/tool[^]*"security.capability" could not be set \(not permitted\)/),
    ]);
    expect(takenOtherwise(place.source, place.path('out'))).toEqual([]);
    const user = '^user|^system';
    expect(withoutOwners(shown(place.path('out'), user))).toBe(withoutOwners(shown(place.source, user)));
  });

  for (const format of ['tar.zst', 'zip']) {
    it(`that change are a change, and no content is stored anew; format ${format}`, async () => {
      const place = Place.open();
      place.writePlan('source,destination,name,format', `source,destination,data,${format}`);
      makeTree(place.source);
      // In a zip, RESTORE.txt sets those of files and folders; those of links are the business of restore.
      tool('setfattr', ['-h', '-x', 'trusted.link', join(place.source, 'link')]);
      await place.night();
      const archives = place.info()['archives'] as readonly unknown[];
      const change = async (...command: readonly [string, ...string[]]): Promise<void> => {
        tool(command[0], command.slice(1));
        expect(await place.night()).toMatchObject({
          outcome: 'written',
          change: { added: 0, modified: 1, removed: 0 },
        });
        const out = place.path('out');
        await place.command(['restore', 'data', '--to', out]);
        expect(shown(out)).toBe(shown(place.source));
        rmSync(out, { recursive: true });
      };
      const at = (path: string): string => join(place.source, path);
      await change('setfattr', '-n', 'user.tag', '-v', 'other', at('folder/read-only'));
      await change('setfattr', '-x', 'user.large', at('large'));
      await change('setfacl', '-b', at('listed'));
      await change('setcap', 'cap_net_admin+ep', at('tool'));
      await change('setfattr', '-n', 'user.tag', '-v', 'other', at('folder'));
      await change('chown', '5:6', at('plain'));
      // unzip sets no owner of a link.
      if (format === 'tar.zst') await change('chown', '-h', '5:6', at('link'));
      expect(place.info()['archives']).toHaveLength(archives.length);
      expect(await place.night()).toMatchObject({ outcome: 'unchanged' });
      tool('sh', [place.file('RESTORE.txt'), place.path('by hand')]);
      expect(shown(place.path('by hand'))).toBe(shown(place.source));
      expect((await place.command(['verify', 'data', '--drill'])).status).toBe(0);
    });
  }

  it('are not kept without the calls for them, which is said; and once there are, all are looked at, and no guard wakes', async () => {
    const place = Place.open();
    makeTree(place.source);
    place.writeMany('many', 150);
    for (let i = 0; i < 150; i++)
      tool('setfattr', ['-n', 'user.n', '-v', String(i), join(place.source, 'many', `${i}.txt`)]);
    const without = { env: { SNAPSHOT_NATIVE_CALLS: 'no' } };
    const first = await place.run([], without);
    expect(first.stdout).toContain('extended attributes are not kept');
    expect(place.info()['attributes']).toBeUndefined();
    expect((await place.command(['check'], without)).stdout).toContain('extended attributes are not kept');
    expect((await place.run([], without)).row).toMatchObject({ outcome: 'unchanged' });
    const { row } = await place.run();
    expect(row).toMatchObject({
      outcome: 'written',
      change: { added: 0, modified: 0, removed: 0 },
      guards: [],
    });
    expect(place.info()).toMatchObject({ attributes: true });
    await place.command(['restore', 'data', '--to', place.path('out')]);
    tool('sh', [place.file('RESTORE.txt'), place.path('script')]);
    for (const way of ['out', 'script']) expect.soft(shown(place.path(way)), way).toBe(shown(place.source));
    expect((await place.run()).row).toMatchObject({ outcome: 'unchanged' });
  });

  it('that cannot be had are named, and cost no content', async () => {
    const place = Place.open();
    place.write({ 'file.txt': 'content', 'other.txt': 'other' });
    const python =
      "import os, sys; os.setxattr(sys.argv[1], b'user.\\xff', b'x'); os.setxattr(sys.argv[1], b'user.ok', b'y')";
    tool(PYTHON, ['-c', python, join(place.source, 'file.txt')]);
    const { status, row, events } = await place.run();
    expect([status, row?.['outcome'], row?.['problems']]).toEqual([3, 'written', 1]);
    expect(events.filter(({ event }) => event === 'problem')).toMatchObject([
      {
        kind: 'attributes',
        path: 'file.txt',
        reason: 'its extended attributes: one has a name that is not UTF-8',
      },
    ]);
    await place.command(['restore', 'data', '--to', place.path('out')]);
    expect(readFileSync(place.path('out/file.txt'), 'utf8')).toBe('content');
    expect(shown(place.path('out'))).toContain('user.ok=0x79');
  });

  it('are not set without the calls for it, which is said of each file; all else is', async () => {
    const place = Place.open();
    makeTree(place.source);
    await place.night();
    const restored = await place.command(['restore', 'data', '--to', place.path('out'), '--json'], {
      env: { SNAPSHOT_NATIVE_CALLS: 'no' },
    });
    expect(restored.status).toBe(3);
    const problems = eventsOf(restored).filter(({ event }) => event === 'problem');
    const reason = 'its extended attributes are not set, as the calls for that are not to be had here';
    expect(new Set(problems.map(({ kind, reason: why }) => `${String(kind)}: ${String(why)}`))).toEqual(
      new Set([`attributes: ${reason}`]),
    );
    expect(problems.map(({ path }) => String(path)).toSorted()).toEqual([
      'folder',
      'folder/holes',
      'folder/inner',
      'folder/read-only',
      'folder/second name',
      'large',
      'link',
      'listed',
      'plain',
      'tool',
    ]);
    const differs = tool('rsync', [
      '-aHnci',
      '--delete',
      '--no-perms',
      `${place.source}/`,
      `${place.path('out')}/`,
    ]);
    expect(differs.replaceAll(/^\.[df]\.\.t.*\n/gm, '')).toBe('');
  });

  it('cost nothing in a night without changes: the library for their calls is not even loaded', async () => {
    const place = Place.open();
    const [hook, report] = [place.path('hook.cjs'), place.path('loaded')];
    // The threads load it, too.
    writeFileSync(
      hook,
      `const { dlopen } = process;
process.dlopen = (module, file, ...more) => {
  require('node:fs').appendFileSync(${JSON.stringify(report)}, file + '\\n');
  return dlopen.call(process, module, file, ...more);
};`,
    );
    const env = { NODE_OPTIONS: `--require ${hook}` };
    const loaded = async (): Promise<unknown> => {
      writeFileSync(report, '');
      const { row } = await place.run([], { env });
      return [row?.['outcome'], readFileSync(report, 'utf8').includes('koffi')];
    };
    makeTree(place.source);
    // What changed right before it was read is looked at each night.
    await new Promise((resolve) => void setTimeout(resolve, 2500));
    expect(await loaded()).toEqual(['written', true]);
    expect(await loaded()).toEqual(['unchanged', false]);
    writeFileSync(join(place.source, 'plain'), 'other');
    expect(await loaded()).toEqual(['written', true]);
  });
});
