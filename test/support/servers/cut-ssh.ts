// A server for SFTP at the end of a line that is cut at a request.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { PYTHON } from '../command.ts';

/** What sshd runs for SFTP: it needs no network, and knows no folders but those of this machine. */
const SFTP_SERVER = '/usr/lib/openssh/sftp-server';
/** What OpenSSH has beside the protocol. */
const EXTENSIONS = 'posix-rename,fsync,hardlink,statvfs,limits,copy-data,home-directory,users-groups-by-id';
/** Tests and campaigns run in the checkout's folder. */
const CUT = resolve('test/support/servers/cut-sftp.py');

export const CUTS = [
  /** A request is lost on its way. */
  'lost',
  /** It is done, and its answer lost. */
  'done',
  /** The server is away from then on. */
  'away',
  /** The program is killed when it has sent it. */
  'killed',
] as const;
export type Cut = (typeof CUTS)[number];

/** Why there can be none here; undefined when there can. */
export const noCutSsh: string | undefined = existsSync(SFTP_SERVER) ? undefined : 'needs openssh-sftp-server';

/** For SNAPSHOT_SSH; the folders of `sftp://host/` are those of this machine. */
export function cutSsh({
  n,
  how,
  mark,
  isBare,
}: {
  /** Of the first connection; 0: none. */
  readonly n: number;
  readonly how: Cut;
  /** A file that is made when the line is cut. */
  readonly mark: string;
  /** With nothing but what the protocol says. */
  readonly isBare: boolean;
}): string {
  const bare = isBare ? ` -P ${EXTENSIONS}` : '';
  return `sh -c 'exec ${PYTHON} -IS ${CUT} ${n} ${how} ${mark} ${SFTP_SERVER} -e${bare}'`;
}
