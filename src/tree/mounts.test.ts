import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mountsBelow, mountsByDevice, type MountTable, parseMounts, readMounts } from './mounts.ts';
import type { BytePath } from './path.ts';

let source: string;

beforeEach(() => {
  source = realpathSync(mkdtempSync(join(tmpdir(), 'mounts-')));
});
afterEach(() => {
  rmSync(source, { recursive: true });
});

/** A table with these mounts: `PLACE TYPE SOURCE`. */
function table(...lines: readonly string[]): MountTable {
  return parseMounts(
    lines
      .map((line) => {
        const [place = '', type = 'ext4', from = 'none'] = line.split(' ');
        return `36 35 98:0 / ${place.replace('SOURCE', source)} rw,noatime master:1 - ${type} ${from} rw`;
      })
      .join('\n'),
  );
}

function below(before: MountTable, after = before): readonly string[] {
  return (mountsBelow(source, before, after) ?? []).map(({ path }) => path);
}

/** What tells the one mount of `line` from others. */
function idOf(line: string): unknown {
  return mountsBelow(source, table(line), table(line))?.[0]?.id;
}

describe('parseMounts()', () => {
  it('reads places byte by byte, with any number of fields before the hyphen', () => {
    const text = [
      String.raw`36 35 98:0 /mnt1 /a\040b\011c\012d\134e rw - ext3 /dev/root\040x rw,errors=continue`,
      '37 35 98:0 / /caf\xe9 rw,noatime master:1 shared:2 - tmpfs none rw',
      'nonsense',
      '38 35 98:0 / /no-hyphen rw',
      '',
    ].join('\n');
    expect(parseMounts(text)).toEqual([
      { point: '/a b\tc\nd\\e', type: 'ext3', source: '/dev/root x' },
      { point: '/caf\xe9', type: 'tmpfs', source: 'none' },
    ]);
  });
});

describe('readMounts()', () => {
  it('knows nothing where the system does not say', () => {
    expect(readMounts(join(source, 'none'))).toBeUndefined();
    expect(mountsBelow(source, undefined, table())).toBeUndefined();
    expect(mountsBelow(source, table(), undefined)).toBeUndefined();
  });
});

describe('mountsBelow()', () => {
  it('has the source itself and what is below it, and no neighbour', () => {
    expect(below(table('/', 'SOURCE', 'SOURCE/a/b', 'SOURCE-2', '/other'))).toEqual(['', 'a/b']);
  });

  it('has all that is mounted, of the root', () => {
    const all = table('/', '/mnt/disk', '/home');
    expect(mountsBelow('/', all, all)?.map(({ path }) => path)).toEqual(['', 'mnt/disk', 'home']);
  });

  it('has neither what came nor what went between the two looks', () => {
    expect(below(table('SOURCE/came'), table('SOURCE/came', 'SOURCE/now'))).toEqual(['came']);
    expect(below(table('SOURCE/went', 'SOURCE/stays'), table('SOURCE/stays'))).toEqual(['stays']);
  });

  it('has what an automounter mounts when somebody looks, and not the place where it would', () => {
    const idle = table('SOURCE/net autofs');
    expect(below(idle)).toEqual([]);
    expect(below(idle, table('SOURCE/net autofs', 'SOURCE/net nfs server:/x'))).toEqual(['net']);
    expect(below(idle, table('SOURCE/net autofs', 'SOURCE/net/host nfs server:/x'))).toEqual(['net/host']);
    expect(below(table('SOURCE/net autofs', 'SOURCE/net nfs server:/x'), idle)).toEqual([]);
  });

  it('has nothing of what comes and goes with containers and packages', () => {
    expect(below(table('SOURCE/a overlay', 'SOURCE/b squashfs', 'SOURCE/c proc', 'SOURCE/d tmpfs'))).toEqual([
      'd',
    ]);
  });

  it('tells servers apart, and not devices by the order in which they were connected', () => {
    const [one, other] = [idOf('SOURCE nfs server:/one'), idOf('SOURCE nfs server:/other')];
    expect(one).toMatch(/^[0-9a-f]{16}$/);
    expect([other === one, idOf('SOURCE nfs4 server:/one') === one]).toEqual([false, true]);
    expect(idOf('SOURCE cifs //server/share')).toMatch(/^[0-9a-f]{16}$/);
    expect([idOf('SOURCE ext4 /dev/no-such-disk'), idOf('SOURCE tmpfs none')]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('mountsByDevice()', () => {
  it('has what is on another device than its folder, the source too', () => {
    mkdirSync(join(source, 'a'));
    writeFileSync(join(source, 'f'), '');
    expect(mountsByDevice(source, ['a' as BytePath])).toEqual([{ path: 'a', id: undefined }]);
    // The root's parent is the root.
    expect(mountsByDevice('/', [])).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('has a source that is a mount', () => {
    expect(mountsByDevice('/proc', [])).toEqual([{ path: '', id: undefined }]);
  });
});
