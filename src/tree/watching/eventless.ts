// Where the system does not tell what others change.
import { statfsSync } from 'node:fs';

export const NO_EVENTS = 'there are no events on this file system';

/**
 * File systems whose content may change on another machine or in another program, which the kernel does not see: by the
 * magic numbers of statfs(2) and `linux/magic.h`.
 */
const EVENTLESS: ReadonlySet<number> = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB 2 and 3
  0x65735546, // FUSE: sshfs, rclone, NTFS-3G, virtiofs
  0x01021997, // 9P
  0x00c36400, // Ceph
  0x5346414f, // OpenAFS
  0x6b414653, // AFS of the kernel
  0x73757245, // Coda
  0x0bd00bd0, // Lustre
  0x01161970, // GFS2
  0x7461636f, // OCFS2
  0x786f4256, // VirtualBox
  0xbacbacbc, // VMware
]);

/** Whether the file system of the folder at `path` is one of them. Other systems than Linux have no such numbers. */
export function isEventless(path: string | Buffer): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return EVENTLESS.has(statfsSync(path).type >>> 0);
  } catch {
    // Whoever opens a watch there learns why.
    return false;
  }
}
