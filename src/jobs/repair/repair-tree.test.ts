import { describe, expect, it } from 'vitest';
import { type FoundMember, NO_PLACE } from '../../format/found-member.ts';
import type { Member } from '../../format/member.ts';
import type { RestoreStep } from '../../series/script/read-script.ts';
import type { BytePath } from '../../tree/path.ts';
import { VirtualTree } from './repair-tree.ts';

const OWN = '{"user.a":"MQ=="}';
const OTHER = '{"user.b":"Mg=="}';

function member(path: string, type: Member['type']): Member {
  const owner = { uid: 1, gid: 2, user: 'ada', group: 'staff' };
  return { path, type, size: 0, mode: 0o640, mtimeNs: 5n, target: undefined, attributes: OWN, ...owner };
}

const MEMBERS: readonly FoundMember[] = [
  { member: member('file', 'file'), place: { offset: 1, length: 2, skip: 3 }, hash: new Uint8Array(32) },
  { member: member('folder', 'folder'), place: NO_PLACE, hash: undefined },
];

const PATHS = ['file', 'folder'] as BytePath[];

/** What is said of the file and of the folder after `steps`. */
function after(...steps: readonly RestoreStep[]): unknown[] {
  const tree = new VirtualTree([{ file: 'a.tar.zst', number: 4, members: MEMBERS }], () => false);
  tree.follow([{ do: 'extract', file: 'a.tar.zst' }, ...steps]);
  return tree.entries().map(({ entry, user, group }) => {
    const { path, mode, uid, gid, mtimeNs, attributes } = entry;
    return { path, mode, uid, gid, user, group, mtimeNs, attributes };
  });
}

const HEADER = { mode: 0o640, uid: 1, gid: 2, user: 'ada', group: 'staff', mtimeNs: 5n, attributes: OWN };

describe('what RESTORE.txt says of a file and of a folder', () => {
  it.each<[string, object, object]>([
    ['times and permissions', { mode: 0o600, mtimeNs: 7n }, {}],
    // Of a number that the archive does not have, nobody knows the name.
    ['another user', { uid: 9 }, { user: undefined }],
    ['another group', { gid: 9 }, { group: undefined }],
  ])('is what they are then, all else as in the archive: %s', (_, said, more) => {
    const { mode, uid, gid, mtimeNs } = { ...HEADER, ...said };
    const steps = PATHS.map((path) => ({ do: 'meta', path, mode, uid, gid, mtimeNs }) as const);
    expect(after(...steps)).toEqual(PATHS.map((path) => ({ path, ...HEADER, ...said, ...more })));
  });

  it('is which attributes they have', () => {
    const steps = PATHS.map((path) => ({ do: 'attributes', path, attributes: OTHER }) as const);
    expect(after(...steps)).toEqual(PATHS.map((path) => ({ path, ...HEADER, attributes: OTHER })));
  });
});
