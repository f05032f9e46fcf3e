import type { ArchiveFormat } from '../base/archive-format.ts';
import type { Member } from '../format/member.ts';
import { groupName, userName } from '../host/users.ts';
import type { Entry } from '../tree/entry.ts';

/** How `entry` stands in an archive. A zip cannot hold hard links: there each name is a file of its own. */
export function memberOf(entry: Entry, format: ArchiveFormat): Member {
  const isHardlink = entry.hardlink !== undefined && format === 'tar.zst';
  return {
    path: entry.path,
    type: isHardlink ? 'hardlink' : entry.type,
    size: isHardlink ? 0 : entry.size,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    user: userName(entry.uid),
    group: groupName(entry.gid),
    mtimeNs: entry.mtimeNs,
    target: isHardlink ? entry.hardlink : entry.target,
    // The file has them by its first name.
    attributes: isHardlink ? undefined : entry.attributes,
  };
}
