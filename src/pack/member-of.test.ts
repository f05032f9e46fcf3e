import { describe, expect, it } from 'vitest';
import { groupName, userName } from '../host/users.ts';
import type { Entry } from '../tree/entry.ts';
import { FILE_ENTRY } from '../tree/entry.lab.ts';
import type { BytePath } from '../tree/path.ts';
import { memberOf } from './member-of.ts';

const ENTRY: Entry = { ...FILE_ENTRY, attributes: '{"user.a":"MQ=="}' };

const IDS = Array.from({ length: 100 }, (_, id) => id);

describe('memberOf()', () => {
  it.skipIf(process.platform === 'win32')('names the owner by its user, and the group by its group', () => {
    const members = IDS.map((id) => memberOf({ ...ENTRY, uid: id, gid: 99 - id }, 'tar.zst'));
    expect(members.map(({ uid, gid, user, group }) => [uid, gid, user, group])).toEqual(
      IDS.map((id) => [id, 99 - id, userName(id), groupName(99 - id)]),
    );
  });

  it('makes a further name a link in a tar, and a file of its own in a zip', () => {
    const further: Entry = { ...ENTRY, hardlink: 'a' as BytePath };
    const link = { type: 'hardlink', size: 0, target: 'a', attributes: undefined };
    expect(memberOf(further, 'tar.zst')).toEqual({ ...memberOf(ENTRY, 'tar.zst'), ...link });
    expect(memberOf(further, 'zip')).toEqual(memberOf(ENTRY, 'zip'));
  });
});
