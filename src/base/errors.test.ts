import { describe, expect, it } from 'vitest';
import {
  damaged,
  DamagedError,
  goneFolder,
  printable,
  reasonOf,
  SnapshotError,
  systemCode,
} from './errors.ts';

function thrown(
  code: string,
  errno: number,
  message: string = `${code}: raw text, call '/a' -> '/b'`,
): Error {
  return Object.assign(new Error(message), { code, errno, syscall: 'call', path: '/a' });
}

describe('reasonOf()', () => {
  it.each([
    ['ENOSYS', -38, 'it cannot do that'],
    ['ENOENT', -2, 'no such file or folder'],
    ['EPROTO', -71, 'protocol error (EPROTO)'],
    ['Unknown system error -126', -126, 'it is encrypted, and its key is not there'],
    ['Unknown system error -122', -122, 'the quota is used up'],
    ['Unknown system error -999', -999, 'the system reports error 999, for which it has no words here'],
  ])('says what %s means, without the text of the system', (code, errno, words) => {
    if (process.platform === 'linux') expect(reasonOf(thrown(code, errno))).toBe(words);
  });

  it('leaves the words of any other error as they are', () => {
    expect(reasonOf(new Error('plain'))).toBe('plain');
    expect(reasonOf('text')).toBe('text');
    expect(reasonOf(Object.assign(new Error('why'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBe('why');
  });
});

describe('systemCode()', () => {
  it.skipIf(process.platform !== 'linux')('names what Node has no name for', () => {
    expect(systemCode(thrown('Unknown system error -122', -122))).toBe('EDQUOT');
    expect(systemCode(thrown('Unknown system error -999', -999))).toBe('Unknown system error -999');
    expect(systemCode(thrown('EIO', -5))).toBe('EIO');
  });
});

describe('goneFolder()', () => {
  it('is for the working folder only', () => {
    expect(goneFolder(Object.assign(thrown('ENOENT', -2), { syscall: 'uv_cwd' }))).toBeInstanceOf(
      SnapshotError,
    );
    expect(goneFolder(thrown('ENOENT', -2))).toBeUndefined();
  });
});

describe('DamagedError', () => {
  it('says which file, and what is wrong with it, apart from the message', () => {
    const cause = new Error('why');
    const missing = new DamagedError('/a "is damaged: b"', 'is missing');
    expect(missing).toMatchObject({ code: 'E_DAMAGED', where: '/a "is damaged: b"', what: 'is missing' });
    expect(missing.message).toBe('"/a "is damaged: b"" is missing');
    const error = damaged('/a', 'it is "x" is damaged: y', cause);
    expect(error).toMatchObject({ where: '/a', what: 'it is "x" is damaged: y', cause, hint: undefined });
    expect(error.message).toBe('"/a" is damaged: it is "x" is damaged: y');
    const { where, what, message } = error;
    expect(error.withHint('mend it')).toMatchObject({ where, what, message, cause, hint: 'mend it' });
  });
});

describe('printable()', () => {
  it.each([
    ['plain text, ümläut, 日本', 'plain text, ümläut, 日本'],
    ['a\nb\tc\rd', String.raw`a\nb\tc\x0dd`],
    ['\u001b[2J\u0000\u007f\u009b', String.raw`\x1b[2J\x00\x7f\x9b`],
    // What turns the line around, to show `exe.txt` of `txt.exe`, in either of its forms.
    ['a\u202eb\u202a', String.raw`a\u202eb\u202a`],
    ['a\u2066b\u2069', String.raw`a\u2066b\u2069`],
    ['a\u2028b\u2029', String.raw`a\u2028b\u2029`],
  ])('spells out of %j what a terminal would obey', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});
