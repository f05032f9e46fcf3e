import { formatSeconds } from '../archive/member.ts';
import { printable } from '../errors.ts';
import { type BytePath, fromText, parentOf } from '../tree/path.ts';
import { inFolder } from './commit.ts';
import type { ArchiveInfo, Info } from './info.ts';
import type { RestorePlan, Step } from './restore-plan.ts';

/** How the script begins. */
export const PREAMBLE = `set -eu
target=\${1:?where to? sh RESTORE.txt /path/to/an/empty/folder}
here=$(dirname "$0")
mkdir -p "$target"
`;

/** In place of commands. */
export const EMPTY_TREE = '# The tree was empty.';

/** What follows all steps, when there are any. */
export const LAST = 'rmdir "$aside"';

/** Without it, unzip spells out the letters of names that are not ASCII. */
export const UTF8_LOCALE =
  'case "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" in *[Uu][Tt][Ff]*) ;; *) export LC_ALL=C.UTF-8 ;; esac';

/** An entry whose mode, time and owner have to be set, as no archive that is extracted says them. */
export interface Meta {
  readonly path: BytePath;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
}

export interface RestoreParts {
  readonly plan: RestorePlan;
  /** Files to set right before folders and links are extracted. */
  readonly files: readonly Meta[];
  /** Folders to set right after all else, those inside others first. */
  readonly folders: readonly Meta[];
}

/**
 * RESTORE.txt: a page to read, and a script that `sh` runs. One character per byte.
 *
 * @param info - Its archives are in the order in which they are to be extracted.
 */
export function restoreText(
  snapshot: string,
  info: Pick<Info, 'name' | 'source' | 'host' | 'count' | 'archives' | 'format'>,
  { plan, files, folders }: RestoreParts,
): string {
  const { archives, format } = info;
  const steps = archives.flatMap((archive) => [
    // The archive of folders and links is the last: before it, files are brought to their places.
    ...(archive.entries === 0 ? [...showSteps(plan.last), ...files.map(showMeta)] : []),
    ...showSteps(plan.before.get(archive.number) ?? []),
    extract(archive),
    ...showSteps(plan.after.get(archive.number) ?? []),
  ]);
  if (!archives.some(({ entries }) => entries === 0))
    steps.push(...showSteps(plan.last), ...files.map(showMeta));
  steps.push(...folders.map(showMeta));
  const isSimple = steps.length === archives.length;
  const hasZip = archives.some(({ file }) => file.endsWith('.zip'));
  const commands = [...(hasZip ? [UTF8_LOCALE] : []), ...(isSimple ? [] : [FUNCTIONS]), ...steps];
  if (!isSimple) commands.push(LAST);
  return `${header(snapshot, info, format === 'zip', isSimple)}
${PREAMBLE}${archives.length === 0 ? EMPTY_TREE : commands.join('\n')}
`;
}

function header(
  snapshot: string,
  info: Pick<Info, 'name' | 'source' | 'host' | 'count' | 'archives'>,
  isZip: boolean,
  isSimple: boolean,
): string {
  const program = isZip ? 'unzip' : 'tar and zstd';
  const first = quoted(inFolder(info.archives[0]?.file ?? ''));
  const one = isZip
    ? `unzip ${first} 'folder/file' -d /some/folder`
    : `tar --zstd -xpf ${first} -C /some/folder folder/file`;
  const moved = isSimple
    ? ''
    : `# Some lines there remove, move or set right what has changed since an archive was written: do as they
# say, between the archives. Without them you get all files, and beside them some of older snapshots.
#
`;
  return fromText(`# ${printable(info.name)}, ${snapshot}
#
# ${info.count.files} files from ${printable(info.source)} on ${printable(info.host)}.
#
# To get everything back, with no program but ${program}:
#
#     sh RESTORE.txt /path/to/an/empty/folder
#
# or type the commands at the end of this page, in their order, with your own folder for "$target".
${moved}# On Windows: open the archives in that order with 7-Zip${isZip ? ' or the Explorer' : ', or use tar -xf in a terminal of Windows 11'}.
#
# One file only (when it is not in the first archive, it is in one of the others):
#
#     ${one}
#
# What there is:            zstd -dc index.jsonl.zst | less
# Is everything undamaged?  sha256sum -c SHA256SUMS
`);
}

/** What the steps below are short for. */
export const FUNCTIONS = `aside=$(mktemp -d "$target/.aside-XXXXXX")
drop() { for name; do rm -f "$target/$name"; done; }
tidy() { for name; do rmdir "$target/$name" 2>/dev/null || :; done; }
aside() { mv "$target/$2" "$aside/$1"; }
folder() { [ -d "$target/$1" ] || mkdir -p "$target/$1"; }
place() { folder "$2" && mv "$aside/$1" "$target/$3"; }
copy() { folder "$2" && cp -p "$target/$1" "$target/$3"; }
user=$(id -u)
meta() {
  [ "$user" != 0 ] || chown "$2" "$target/$4"
  chmod "$1" "$target/$4"
  touch -d "$3" "$target/$4"
}`;

/** What stands before and after the name of an archive. */
export const EXTRACT_TAR = ['tar --zstd -xpf ', ' -C "$target"'] as const;
export const EXTRACT_ZIP = [
  'unzip -q -o -K -^ ',
  ' -d "$target" || [ $? -eq 1 ] # 1: only warnings',
] as const;

function extract({ file }: ArchiveInfo): string {
  const archive = `"$here"/${quoted(fromText(inFolder(file)))}`;
  const [before, after] = file.endsWith('.zip') ? EXTRACT_ZIP : EXTRACT_TAR;
  return `${before}${archive}${after}`;
}

/** So many names are given to one command. */
export const NAMES = 40;

function showSteps(steps: readonly Step[]): string[] {
  const lines: string[] = [];
  let names: string[] = [];
  let command = '';
  const flush = (): void => {
    if (names.length > 0) lines.push(`${command} ${names.join(' ')}`);
    names = [];
  };
  for (const step of steps) {
    const isList = step.do === 'drop' || step.do === 'tidy';
    if (!isList || command !== step.do || names.length >= NAMES) flush();
    command = step.do;
    if (isList) names.push(quoted(step.path));
    else lines.push(showStep(step));
  }
  flush();
  return lines;
}

function showStep(step: Exclude<Step, { do: 'drop' | 'tidy' }>): string {
  const path = quoted(step.path);
  if (step.do === 'aside') return `aside ${step.n} ${path}`;
  const folder = quoted(parentOf(step.path));
  return step.do === 'place'
    ? `place ${step.n} ${folder} ${path}`
    : `copy ${quoted(step.from)} ${folder} ${path}`;
}

function showMeta({ path, mode, uid, gid, mtimeNs }: Meta): string {
  return `meta ${mode.toString(8).padStart(4, '0')} ${uid}:${gid} ${isoTime(mtimeNs)} ${quoted(path)}`;
}

/** ISO 8601 with nanoseconds, which every `touch -d` reads (IEEE Std 1003.1-2017, touch). */
function isoTime(ns: bigint): string {
  const [seconds = '0', fraction = '0'] = formatSeconds(
    ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n,
  ).split('.');
  const whole = (ns - BigInt(fraction)) / 1_000_000_000n + BigInt(seconds);
  return new Date(Number(whole) * 1000).toISOString().replace('.000Z', `.${fraction}Z`);
}

/** `text` as one word of the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
