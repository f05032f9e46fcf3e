import {
  chmodSync,
  closeSync,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptMode } from '../base/able.lab.ts';
import { hasSystemCalls } from '../base/system-calls.ts';
import { attributeCalls, setAttributes } from '../base/attribute-calls.ts';
import { formatAttributes } from '../base/attributes.ts';
import { setTimeNs } from '../base/time-calls.ts';
import { inWords, isSameMode, setMeta, setOwner, setTime, type User } from './meta.ts';

const REFUSED = Object.assign(new Error('EPERM'), { code: 'EPERM' });

function refuse(): never {
  throw REFUSED;
}

describe('setOwner()', () => {
  const [ALICE, BOB] = [1000, 1001];
  const [USERS, STAFF, WHEEL] = [100, 101, 102];
  const ROOT: User = { uid: 0, groups: new Set([0]) };
  const AS_ALICE: User = { uid: ALICE, groups: new Set([USERS, STAFF]) };
  const AS_WINDOWS: User = { uid: undefined, groups: new Set() };
  const now = { uid: ALICE, gid: USERS };
  const both = { user: true, group: true };

  it.each<[string, User, [number, number], string | undefined, object]>([
    ['root, to another', ROOT, [BOB, STAFF], `${BOB}:${STAFF}`, both],
    ['root, of one group', ROOT, [ALICE, STAFF], `${ALICE}:${STAFF}`, both],
    ['root, nothing to do', ROOT, [ALICE, USERS], undefined, both],
    ['a user, her own', AS_ALICE, [ALICE, USERS], undefined, both],
    ['a user, to a group of hers', AS_ALICE, [ALICE, STAFF], `${ALICE}:${STAFF}`, both],
    ['a user, to a group of others', AS_ALICE, [ALICE, WHEEL], undefined, { user: true, group: false }],
    ['a user, to another user', AS_ALICE, [BOB, USERS], undefined, { user: false, group: true }],
    [
      'a user, to another user, in a group of hers',
      AS_ALICE,
      [BOB, STAFF],
      `${ALICE}:${STAFF}`,
      { user: false, group: true },
    ],
    ['a user, to strangers', AS_ALICE, [BOB, WHEEL], undefined, { user: false, group: false }],
    ['Windows', AS_WINDOWS, [BOB, WHEEL], undefined, both],
  ])('gives as %s: %j %j', (_, by, [uid, gid], call, has) => {
    const calls: string[] = [];
    const refused: string[] = [];
    const chown = (user: number, group: number): void => void calls.push(`${user}:${group}`);
    expect(setOwner({ uid, gid }, now, chown, refused, by)).toEqual(has);
    expect(calls).toEqual(call === undefined ? [] : [call]);
    expect(refused).toEqual([]);
  });

  it.each<[string, User, [number, number], object, string[]]>([
    [
      'root',
      ROOT,
      [BOB, STAFF],
      { user: false, group: false },
      ['its owner is 1000:100, not 1001:101 (not permitted)'],
    ],
    [
      'root, of one user',
      ROOT,
      [ALICE, STAFF],
      { user: true, group: false },
      ['its owner is 1000:100, not 1000:101 (not permitted)'],
    ],
    [
      'root, of one group',
      ROOT,
      [BOB, USERS],
      { user: false, group: true },
      ['its owner is 1000:100, not 1001:100 (not permitted)'],
    ],
    // That only root gives files away is no failure.
    ['a user', AS_ALICE, [ALICE, STAFF], { user: true, group: false }, []],
  ])('tells what is refused to %s', (_, by, [uid, gid], has, words) => {
    const refused: string[] = [];
    expect(setOwner({ uid, gid }, now, refuse, refused, by)).toEqual(has);
    expect(refused).toEqual(words);
  });
});

describe('isSameMode()', () => {
  it.each<[NodeJS.Platform, 'file' | 'folder', number, number, boolean]>([
    ['linux', 'file', 0o100644, 0o644, true],
    ['linux', 'file', 0o100666, 0o644, false],
    ['darwin', 'folder', 0o40755, 0o700, false],
    // There, a file is read-only or not.
    ['win32', 'file', 0o100666, 0o644, true],
    ['win32', 'file', 0o100666, 0o755, true],
    ['win32', 'file', 0o100444, 0o400, true],
    ['win32', 'file', 0o100444, 0o644, false],
    ['win32', 'file', 0o100666, 0o555, false],
    ['win32', 'folder', 0o40666, 0o555, true],
  ])('on %s, a %s of mode %i that is to have %i has it: %s', (platform, type, found, wanted, is) => {
    expect(isSameMode(type, found, wanted, platform)).toBe(is);
  });
});

describe('setTime()', () => {
  it('tells why it failed', () => {
    const refused = ['a'];
    setTime(
      0n,
      () => {},
      () => ({ mtimeNs: 0n }),
      refused,
    );
    expect(refused).toEqual(['a']);
    setTime(0n, refuse, () => ({ mtimeNs: 0n }), refused);
    expect(inWords(refused)).toBe('a; its time could not be set (not permitted)');
    expect(inWords([])).toBeUndefined();
  });
});

describe('setMeta()', () => {
  let folder: string;
  let fd: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapshot-meta-'));
    writeFileSync(join(folder, 'file'), 'content', { mode: 0o600 });
    fd = openSync(join(folder, 'file'), 'r+');
  });
  afterEach(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

  it.each([0o644, 0, 0o7777, 0o4755, 0o2755, 0o1777])(
    'sets mode %i and time, and leaves the content',
    (mode) => {
      expect(setMeta(fd, { ...self, mode, mtimeNs: 5_000_000_000n }, true)).toBeUndefined();
      const stats = fstatSync(fd);
      expect([stats.mode & 0o7777, stats.mtimeMs]).toEqual([keptMode(mode), 5000]);
      expect(Math.abs(stats.atimeMs - Date.now())).toBeLessThan(60_000);
      chmodSync(join(folder, 'file'), 0o600);
      expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('content');
    },
  );

  it('sets an access list after the mode, which is not all that it says', ({ skip }) => {
    // Version 2: its owner, user 4242, its group, the mask, others; in the kernel's form.
    const none = 0xffff_ffff;
    const list = [
      [1, 6, none],
      [2, 4, 4242],
      [4, 0, none],
      [16, 4, none],
      [32, 0, none],
    ];
    const value = Buffer.alloc(4 + 8 * list.length);
    value.writeUInt32LE(2, 0);
    for (const [i, [tag = 0, may = 0, who = 0]] of list.entries()) {
      value.writeUInt16LE(tag, 4 + 8 * i);
      value.writeUInt16LE(may, 6 + 8 * i);
      value.writeUInt32LE(who, 8 + 8 * i);
    }
    const attributes = formatAttributes([['system.posix_acl_access', value]]);
    const other = join(folder, 'other');
    writeFileSync(other, '');
    if (setAttributes(other, attributes).length > 0 || attributeCalls() === undefined)
      skip('needs a file system with access lists');
    expect(setMeta(fd, { ...self, mode: 0o640, mtimeNs: 0n, attributes }, true)).toBeUndefined();
    expect(attributeCalls()?.read(join(folder, 'file'))?.attributes).toBe(attributes);
    expect(fstatSync(fd).mode & 0o7777).toBe(0o640);
  });

  it
    .skipIf(!hasSystemCalls())
    .each([1_700_000_000_123_456_789n, -1n, -1_500_000_001n, 5_000_000_000_000_000_001n])(
    'sets the time %d to the nanosecond',
    (mtimeNs) => {
      expect(setMeta(fd, { ...self, mode: 0o644, mtimeNs }, true)).toBeUndefined();
      expect(fstatSync(fd, { bigint: true }).mtimeNs).toBe(mtimeNs);
      const link = join(folder, 'link');
      symlinkSync('nowhere', link);
      expect(setTimeNs(Buffer.from(link), mtimeNs)).toBe(true);
      expect(lstatSync(link, { bigint: true }).mtimeNs).toBe(mtimeNs);
      expect(Math.abs(lstatSync(link).atimeMs - Date.now())).toBeLessThan(60_000);
      expect(setTimeNs(join(folder, 'none'), mtimeNs)).toBe(false);
    },
  );

  it.skipIf(process.getuid?.() !== 0)(
    'gives it away before it sets the mode, which a change of owner would take bits of',
    () => {
      expect(setMeta(fd, { uid: 1234, gid: 4321, mode: 0o6755, mtimeNs: 0n }, true)).toBeUndefined();
      const { uid, gid, mode } = fstatSync(fd);
      expect([uid, gid, mode & 0o7777]).toEqual([1234, 4321, 0o6755]);
    },
  );

  it.each<[number, number]>([
    [0o4000, 0o0755],
    [0o2000, 0o0755],
    [0o6000, 0o1755],
  ])('leaves bit %i out where it would let others act as somebody else', (bits, mode) => {
    const by: User = { uid: self.uid + 1, groups: new Set() };
    const strangers = { uid: 70_000, gid: 70_001 };
    expect(setMeta(fd, { ...strangers, mode: bits | mode, mtimeNs: 0n }, true, by)).toBeUndefined();
    expect(fstatSync(fd).mode & 0o7777).toBe(keptMode(mode));
  });

  it.skipIf(process.platform !== 'linux')('tells of a mode that is not to be had', () => {
    const full = openSync('/proc/self/status', 'r');
    try {
      const stats = fstatSync(full);
      const refused = setMeta(full, { uid: stats.uid, gid: stats.gid, mode: 0o7, mtimeNs: 0n }, true);
      expect(refused).toMatch(/its mode is 0444, not 0007 \(not permitted\)/);
    } finally {
      closeSync(full);
    }
  });
});

describe.skipIf(process.platform === 'win32')('the bits that let others act as the owner', () => {
  it.each<[string, number, number, number]>([
    ['user nor group', 1, 1, 0o0755],
    ['user, and has the group', 1, 0, 0o2755],
    ['group, and has the user', 0, 1, 0o4755],
  ])('are left out of what has not its %s', (_, otherUser, otherGroup, mode) => {
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-bits-'));
    const fd = openSync(join(folder, 'file'), 'w');
    try {
      const { gid } = fstatSync(fd);
      const by: User = { uid: 4242, groups: new Set() };
      const meta = { mode: 0o6755, uid: 4242 + otherUser, gid: gid + otherGroup, mtimeNs: 1n };
      setMeta(fd, meta, true, by);
      expect(fstatSync(fd).mode & 0o7777).toBe(mode);
    } finally {
      closeSync(fd);
      rmSync(folder, { recursive: true });
    }
  });
});
