import path from 'node:path';
import { nameRefusal } from './name.ts';

const EXPLAINED = `# The plan of snapshot: each row is one source and one destination.
# Lines that begin with # are comments. Only source and destination are required; an empty cell takes the
# default, and columns may be left out or come in any order. "snapshot check" tells whether the plan is right.
#
# active       yes or no; no skips the row. Default: yes
# source       Folder or file to back up. ~ is the home folder; $VAR and %VAR% are replaced ($$ and %% are
#              plain signs); relative paths start at this file; a glob such as ~/projects/* makes one row per match
# destination  Folder that the snapshots go to, outside the source, made when missing; or an address, as
#              sftp://nas/~/backup. Several with " | " between: each gets the same snapshots
# name         Folder of this row's snapshots in the destination. Default: the last part of the source
# keep         How many snapshots to keep: 7, or last=7 daily=14 weekly=8 monthly=12 yearly=3. Default: 7
# format       tar.zst or zip. Default: tar.zst
# strategy     incremental: content that has not changed is not written again.
#              full: every snapshot has archives of its own. Default: incremental
#              mirror: no snapshots, but the files themselves, with older versions beside them
#              sync: the destination is the other half of a pair, and changes go both ways; either may be sftp://
# exclude      What to leave out: globs as in .gitignore, relative to the source, | between them
# exclude-from         A file with more of that, as in a .snapshotignore
# exclude-if-present   Names of files, | between them: a folder with one in it is left out
# exclude-larger-than  Files above this size are left out: 2GB
# one-file-system      yes or no; yes leaves out what is mounted in the source. Default: no
# may-fail     What is no trouble when it cannot be read: globs as in exclude
# encrypt      Whom the snapshots are encrypted for: recipients of age (age1...), or a file of them, as
#              "snapshot key new" writes it. Empty: they are not encrypted
# every        How often it is to succeed: 12h, 1d, 7d, 2w. "snapshot status" says when it does not. Default: 1d
# before, after        Your own commands around the row, as a dump of a database; 75 from before skips the row
# hook-limit   So long either may take: 90s, 10m. Default: 1h
# shutdown     yes or no; the machine is shut down after a run when all active rows say yes. Default: no
#
`;

const COLUMNS = 'active,source,destination,name,keep,format,strategy,exclude,may-fail,encrypt,every,shutdown';

/** What the first row of a plan says; the rest of it has defaults that are fit for most. */
export interface FirstRow {
  readonly source: string;
  readonly destination: string;
}

/** The plan that `snapshot init` writes: every column explained, and one row; an example that is switched off by default. */
export function planText(row?: FirstRow): string {
  const { source, destination } = row ?? { source: '~/Documents', destination: '/mnt/backup' };
  const start = row === undefined ? '# To begin, change the row below and set active to yes.\n' : '';
  const cells = [
    row === undefined ? 'no' : 'yes',
    cell(source),
    cell(destination),
    row === undefined ? 'documents' : nameFor(source),
    'last=7 daily=14 weekly=8,tar.zst,incremental,*.tmp|node_modules/,,,1d,no',
  ];
  return `${EXPLAINED}${start}\n${COLUMNS}\n${cells.join(',')}\n`;
}

/** What the row has to be called where it cannot be called as its source is, by a space at the end; else nothing. */
function nameFor(source: string): string {
  const last = path.basename(source);
  const name = last.trim();
  return nameRefusal(last) !== undefined && nameRefusal(name) === undefined ? cell(name) : '';
}

/** Quoted where that is needed. */
function cell(text: string): string {
  return /^\s|[",;#\t]|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
