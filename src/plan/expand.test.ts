import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Surroundings, expandPath } from './expand.ts';

const POSIX: Surroundings = {
  path: path.posix,
  env: {
    DISK: '/mnt/disk',
    NAME: 'a b',
    EMPTY: '',
    NAS: 'nas:backup',
    TRICK: '$NAME',
    'ProgramFiles(x86)': '/x86',
  },
  home: '/home/ada',
  base: '/plans',
};

const WINDOWS: Surroundings = {
  path: path.win32,
  env: { USERPROFILE: 'C:\\Users\\Ada', 'ProgramFiles(x86)': 'C:\\Program Files (x86)' },
  home: 'C:\\Users\\Ada',
  base: 'D:\\plans',
};

describe('expandPath()', () => {
  it.each([
    ['data/docs', '/plans/data/docs'],
    ['../x/./y/', '/x/y'],
    ['/abs', '/abs'],
    ['~', '/home/ada'],
    ['~/x', '/home/ada/x'],
    ['a/~', '/plans/a/~'],
    ['./~ada', '/plans/~ada'],
    ['$DISK/x', '/mnt/disk/x'],
    ['${DISK}s', '/mnt/disks'],
    ['%DISK%/%NAME%', '/mnt/disk/a b'],
    ['%ProgramFiles(x86)%', '/x86'],
    ['x/$TRICK', '/plans/x/$NAME'],
    ['~/$NAME', '/home/ada/a b'],
    ['$$DISK', '/plans/$DISK'],
    ['%%DISK%%', '/plans/%DISK%'],
    ['100%', '/plans/100%'],
    ['50% of 100%', '/plans/50% of 100%'],
    ['C$/x', '/plans/C$/x'],
    ['cost$5', '/plans/cost$5'],
    ['back\\slash', '/plans/back\\slash'],
    ['./nas:backup', '/plans/nas:backup'],
    ['../nas:backup', '/nas:backup'],
    ['/mnt/x:y', '/mnt/x:y'],
    ['~/a:b', '/home/ada/a:b'],
    ['photos/12:30', '/plans/photos/12:30'],
  ])('reads "%s" on POSIX systems', (text, expected) => {
    expect(expandPath(text, POSIX)).toBe(expected);
  });

  it.each([
    ['%USERPROFILE%\\docs', 'C:\\Users\\Ada\\docs'],
    ['%userprofile%\\docs', 'C:\\Users\\Ada\\docs'],
    ['${UserProfile}\\..\\x', 'C:\\Users\\x'],
    ['%ProgramFiles(x86)%\\x', 'C:\\Program Files (x86)\\x'],
    ['~\\docs', 'C:\\Users\\Ada\\docs'],
    ['~/docs', 'C:\\Users\\Ada\\docs'],
    ['E:\\backup\\', 'E:\\backup'],
    ['E:/backup', 'E:\\backup'],
    ['E:\\', 'E:\\'],
    ['docs\\old', 'D:\\plans\\docs\\old'],
    ['\\root', 'D:\\root'],
    ['\\\\nas\\share\\docs', '\\\\nas\\share\\docs'],
    ['\\\\nas\\C$\\docs', '\\\\nas\\C$\\docs'],
    ['C:\\$$Recycle.Bin', 'C:\\$Recycle.Bin'],
  ])('reads "%s" on Windows', (text, expected) => {
    expect(expandPath(text, WINDOWS)).toBe(expected);
  });

  it.each<[string, Surroundings, string]>([
    ['$NOPE/x', POSIX, 'undefined variable `NOPE`: set it'],
    ['${NOPE}/%NADA%', POSIX, 'undefined variable `NOPE`, `NADA`: set it'],
    ['$EMPTY/x', POSIX, 'undefined variable `EMPTY`: set it'],
    ['$disk/x', POSIX, 'undefined variable `disk`: set it'],
    ['$toString', POSIX, 'undefined variable `toString`: set it'],
    ['C:\\$Recycle.Bin', WINDOWS, 'undefined variable `Recycle`: set it, or write `$$` for a plain `$`'],
    ['~bob/x', POSIX, 'write `./~bob/x`'],
    ['~\\x', POSIX, 'only `~/` is a home folder'],
    ['sftp://host/x', POSIX, 'the address `sftp://host/x`: mount it and name the folder where it is'],
    ['s3://bucket', WINDOWS, 'the address `s3://bucket`'],
    [
      'nas:backup',
      POSIX,
      'the name on another machine `nas:backup`: mount it and name the folder where it is, or write `sftp://nas/~/backup`',
    ],
    ['nas:backup', POSIX, 'a folder of that very name is written `./nas:backup`'],
    ['me@nas:/x', POSIX, 'the name on another machine `me@nas:/x`'],
    ['me@nas:/x', WINDOWS, 'the name on another machine `me@nas:/x`'],
    ['nas:', POSIX, 'the name on another machine `nas:`'],
    ['n:x', POSIX, 'the name on another machine `n:x`'],
    ['nas::module/x', POSIX, 'mount it and name the folder where it is; a folder of that very name'],
    [
      '//nas/share',
      POSIX,
      'the share of a server `//nas/share`: mount it and name the folder where it is; a folder of this machine begins with one slash',
    ],
    ['s3:bucket/x', POSIX, 'or write `s3://bucket/x`'],
    ['sftp:host:/x', POSIX, 'or write `sftp://host/x`'],
    ['sftp:x', WINDOWS, 'the name on another machine'],
    ['rclone:remote:x', POSIX, 'the name on another machine'],
    [':sftp:x', POSIX, 'the name on another machine'],
    ['[fe80::1]:x', POSIX, 'the name on another machine'],
    ['12:30 photos', POSIX, 'is written `./12:30 photos`'],
    ['$NAS', POSIX, 'the name on another machine `$NAS`'],
    ['\\\\nas\\share', POSIX, 'the Windows share'],
    ['D:\\backup', POSIX, 'the Windows path `D:\\backup`'],
    ['E:backup', WINDOWS, 'write `E:\\backup`'],
    ['E:', WINDOWS, 'write `E:\\`'],
  ])('refuses "%s"', (text, around, message) => {
    expect(() => expandPath(text, around)).toThrow(message);
  });

  it('takes the scheme of an address for no host', () => {
    expect(() => expandPath('s3://bucket/x', POSIX)).toThrow(/mount it and name the folder where it is$/);
  });

  it.each([
    ['POSIX systems', POSIX],
    ['Windows', WINDOWS],
  ])('makes an absolute path of any text on %s, or refuses it', (_, around) => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('~$%{}/\\:.aZ1 ')) }), (text) => {
        try {
          expect(around.path.isAbsolute(expandPath(text, around))).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'E_PLAN' });
        }
      }),
    );
  });
});
