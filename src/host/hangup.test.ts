import { describe, expect, it } from 'vitest';
import { type HangupCalls, isHangupIgnored } from './hangup.ts';

/** A process as its system tells of it; what is missing cannot be read. */
function processWith(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): HangupCalls {
  const read = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error('ENOENT');
    return text;
  };
  return { env, parent: 7, readText: read, readLink: read };
}

const PLAIN = { '/proc/7/status': 'Name:\tsh\nSigIgn:\t0000000000000006\n' };
const STDIN = { '/proc/self/fdinfo/0': 'pos:\t0\nflags:\t0100001\n', '/proc/self/fd/0': '/dev/null' };

describe('isHangupIgnored()', () => {
  it.each<[string, HangupCalls, boolean]>([
    ['no sign of it', processWith({ ...PLAIN, '/proc/self/fd/0': '/dev/tty' }), false],
    ['a parent that ignores it', processWith({ '/proc/7/status': 'SigIgn:\t0000000000000001\n' }), true],
    ['a parent that ignores others', processWith(PLAIN), false],
    ['the input that nohup opens', processWith({ ...PLAIN, ...STDIN }), true],
    [
      'an input that can be read',
      processWith({ ...PLAIN, ...STDIN, '/proc/self/fdinfo/0': 'flags:\t0100000\n' }),
      false,
    ],
    [
      'an input that can be read and written',
      processWith({ ...PLAIN, ...STDIN, '/proc/self/fdinfo/0': 'flags:\t0100002\n' }),
      false,
    ],
    [
      'an input of which nobody says how it is open',
      processWith({ ...PLAIN, ...STDIN, '/proc/self/fdinfo/0': 'flags:\t0100003\n' }),
      false,
    ],
    ['an output elsewhere', processWith({ ...PLAIN, ...STDIN, '/proc/self/fd/0': '/tmp/file' }), false],
    ['a shell that names nohup', processWith({}, { _: '/usr/bin/nohup' }), true],
    ['a shell that names another', processWith({}, { _: '/usr/bin/node' }), false],
    ['nothing that can be read', processWith({}), false],
  ])('tells by %s', (_, calls, expected) => {
    expect(isHangupIgnored(calls)).toBe(expected);
  });
});
