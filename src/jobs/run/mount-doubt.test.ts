import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { doubtOf, mountDoubt, parseFstab } from './mount-doubt.ts';

function sure(point: string): object {
  return { message: `"${point}" is in /etc/fstab, and nothing is mounted there`, isCertain: true };
}

describe('doubtOf()', () => {
  it.each([
    ['a folder of the system', '/srv/backup', ['/'], [], undefined],
    ['what fstab mounts, and is', '/srv/disk/b', ['/', '/srv/disk'], ['/srv/disk'], undefined],
    ['what fstab mounts, and is not', '/srv/disk/b', ['/'], ['/srv/disk'], sure('/srv/disk')],
    ['the place itself', '/srv/disk', ['/', '/srv'], ['/srv/disk'], sure('/srv/disk')],
    ['a disk in a disk', '/srv/a/b', ['/', '/srv/a/b'], ['/srv/a'], undefined],
    ['a name that only begins alike', '/srv/disk2', ['/'], ['/srv/disk'], undefined],
    ['a disk below /mnt', '/mnt/disk/b', ['/', '/mnt/disk'], [], undefined],
    ['/mnt as one disk', '/mnt/b', ['/', '/mnt'], [], undefined],
    ['/mnt itself', '/mnt', ['/'], [], undefined],
    ['an empty place below /run/media', '/run/media/u/d', ['/', '/run'], [], { isCertain: false }],
    ['an empty place below /Volumes', '/Volumes/Backup', ['/'], [], { isCertain: false }],
  ])('of %s', (_, place, mounted, expected, doubt) => {
    const found = doubtOf(place, { mounted, expected });
    if (doubt === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(doubt);
  });
});

describe('parseFstab()', () => {
  it('reads where file systems are to be, and nothing else', () => {
    const text = String.raw`# /dev/sda1 /old ext4
UUID=1 / ext4 defaults 0 1
UUID=2	/mnt/my\040disk/  ext4 noauto 0 0
UUID=3 none swap sw
  /swap.img swap swap
tmpfs /caf${'\xc3\xa9'} tmpfs

`;
    expect(parseFstab(text)).toEqual(['/mnt/my disk', '/café']);
  });
});

describe.skipIf(process.platform === 'win32')('mountDoubt()', () => {
  it('finds nothing odd in a temporary folder, nor in one that is to be made there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-mount-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    expect(await mountDoubt(folder)).toBeUndefined();
    expect(await mountDoubt(join(folder, 'a', 'b'))).toBeUndefined();
  });

  it('doubts a folder of /mnt that no disk is mounted at', async () => {
    expect(await mountDoubt('/mnt/snapshot-no-such-disk/b')).toMatchObject({ isCertain: false });
  });
});
