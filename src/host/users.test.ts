import { describe, expect, it } from 'vitest';
import { groupName, idsFrom, namesFrom, userName } from './users.ts';

const PASSWD = `# users
root:x:0:0:root:/root:/bin/bash
toor:x:0:0:another root:/root:/bin/sh
+nis:x:7:7::/:
broken
_ada:*:501:20:Ada Lovelace:/Users/ada:/bin/zsh

no-number:x:abc:0::/:
`;
const GROUP = 'wheel:x:0:\nstaff:x:20:ada,bob\nempty:x:21:\n';

describe('namesFrom()', () => {
  it.each<[string, string, number, string | undefined]>([
    ['a user', PASSWD, 501, '_ada'],
    ['the first of two users with one number', PASSWD, 0, 'root'],
    ['a group with members', GROUP, 20, 'staff'],
    ['a group without members', GROUP, 21, 'empty'],
    ['nobody for an unknown number', PASSWD, 1000, undefined],
    ['nobody from a line of NIS', PASSWD, 7, undefined],
    ['nobody in an empty file', '', 0, undefined],
  ])('finds %s', (_, text, id, name) => {
    expect(namesFrom(() => text)(id)).toBe(name);
  });

  it('reads at the first look-up, and only then', () => {
    let reads = 0;
    const nameOf = namesFrom(() => {
      reads += 1;
      return PASSWD;
    });
    expect(reads).toBe(0);
    expect([nameOf(0), nameOf(501), nameOf(9)]).toEqual(['root', '_ada', undefined]);
    expect(reads).toBe(1);
  });

  it('knows no names, and tries once, where there is no file', () => {
    let reads = 0;
    const nameOf = namesFrom(() => {
      reads += 1;
      throw new Error('no such file');
    });
    expect([nameOf(0), nameOf(0)]).toEqual([undefined, undefined]);
    expect(reads).toBe(1);
  });

  it.runIf(process.platform === 'linux')('finds root on this machine', () => {
    expect([userName(0), groupName(0)]).toEqual(['root', 'root']);
  });
});

describe('idsFrom()', () => {
  it('knows the numbers of names, and of no others', () => {
    const idOf = idsFrom(() => PASSWD);
    expect([idOf('root'), idOf('_ada'), idOf('nobody there')]).toEqual([0, 501, undefined]);
  });
});
