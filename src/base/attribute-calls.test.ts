import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AttributeCalls, attributeCalls, setAttributes, settleAttributes } from './attribute-calls.ts';
import { formatAttributes, parseAttributes, sameAttributes } from './attributes.ts';

const hasTools = spawnSync('getfattr', ['--version']).status === 0;

/** What getfattr says. */
function shown(path: string): string {
  return spawnSync('getfattr', ['-h', '-d', '-m-', '-e', 'hex', '--absolute-names', path], {
    encoding: 'utf8',
  }).stdout;
}

describe.skipIf(process.platform !== 'linux' || !hasTools)('extended attributes', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapshot-attributes-'));
    writeFileSync(join(folder, 'file'), 'content');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are read and set as getfattr and setfattr have them, by descriptor and by path', () => {
    const file = join(folder, 'file');
    spawnSync('setfattr', ['-n', 'user.b', '-v', '0x00ff', file]);
    spawnSync('setfattr', ['-n', 'user.ä"\\', '-v', 'text', file]);
    spawnSync('setfattr', ['-n', 'user.a', file]);
    const fd = openSync(file, 'r');
    const found = attributeCalls()?.read(fd);
    closeSync(fd);
    expect(found).toEqual(attributeCalls()?.read(file));
    expect(found?.refused).toBeUndefined();
    expect(parseAttributes(found?.attributes ?? '')).toEqual([
      ['user.a', Buffer.alloc(0)],
      ['user.b', Buffer.from([0, 255])],
      ['user.ä"\\', Buffer.from('text')],
    ]);
    const other = join(folder, 'other');
    writeFileSync(other, '');
    expect(setAttributes(Buffer.from(other), found?.attributes ?? '')).toEqual([]);
    expect(shown(other)).toBe(shown(file).replace(file, other));
  });

  it('that are too many are removed where they are settled', () => {
    const file = join(folder, 'file');
    setAttributes(file, formatAttributes([['user.a', Buffer.from('1')]]));
    setAttributes(file, formatAttributes([['user.b', Buffer.from('2')]]));
    const wanted = formatAttributes([['user.b', Buffer.from('3')]]);
    expect(settleAttributes(file, wanted)).toEqual([]);
    expect(attributeCalls()?.read(file).attributes).toBe(wanted);
    expect(settleAttributes(file, '')).toEqual([]);
    expect(attributeCalls()?.read(file)).toEqual({ attributes: '', refused: undefined });
  });

  it('of a link are its own, and what is refused is told by name', () => {
    symlinkSync('file', join(folder, 'link'));
    setAttributes(join(folder, 'file'), formatAttributes([['user.a', Buffer.from('1')]]));
    expect(attributeCalls()?.read(join(folder, 'link'))).toEqual({ attributes: '', refused: undefined });
    const user = formatAttributes([['user.a', Buffer.from('1')]]);
    expect(setAttributes(join(folder, 'link'), user)).toEqual(['"user.a" could not be set (not permitted)']);
    const large = formatAttributes([['user.large', Buffer.alloc(70_000)]]);
    expect(setAttributes(join(folder, 'file'), large)).toEqual([
      '"user.large" could not be set (it is too large)',
    ]);
    expect(attributeCalls()?.read(join(folder, 'none')).refused).toBe('cannot be listed (ENOENT)');
  });

  it('that the system refuses to read are told by name, and the others are kept', () => {
    const list = Buffer.from('user.a\0user.secret\0user.gone\0system.nfs4_acl\0');
    let errno = 0;
    const fails = (code: number): number => {
      errno = code;
      return -1;
    };
    const calls = {
      errno: () => errno,
      func:
        (name: string) =>
        (...args: readonly unknown[]): number => {
          const [, second, third] = args as readonly [unknown, Buffer, Buffer];
          if (name.includes('list')) return list.copy(second);
          const asked = second.toString('latin1');
          if (asked === 'user.secret\0') return fails(constants.errno.EACCES);
          if (asked === 'user.gone\0') return fails(constants.errno.ENODATA);
          return third.write(`value of ${asked.slice(0, -1)}`);
        },
    };
    expect(new AttributeCalls(calls).read('/a')).toEqual({
      attributes: formatAttributes([['user.a', Buffer.from('value of user.a')]]),
      refused: '"user.secret" cannot be read (permission denied)',
    });
    const none = { ...calls, func: () => () => fails(constants.errno.EACCES) };
    expect(new AttributeCalls(none).read(3)).toEqual({
      attributes: '',
      refused: 'cannot be listed (permission denied)',
    });
  });

  it('of a file system that has none are none', () => {
    expect(attributeCalls()?.read('/proc/self/status')).toEqual({ attributes: '', refused: undefined });
  });

  it('have one form, whatever their order, and a bare file has none', () => {
    const [a, b] = [
      ['user.a', Buffer.from('1')],
      ['user.1', Buffer.from('2')],
    ] as const;
    expect(formatAttributes([a, b])).toBe('{"user.1":"Mg==","user.a":"MQ=="}');
    expect(formatAttributes([b, a])).toBe(formatAttributes([a, b]));
    expect(sameAttributes(undefined, '{}')).toBe(true);
    expect(sameAttributes('', formatAttributes([a]))).toBe(false);
  });
});
