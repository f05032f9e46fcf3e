import { parseAttributes } from '../../base/attributes.ts';
import { formatOf } from '../../base/archive-format.ts';
import { formatSeconds } from '../../format/member.ts';
import { printable } from '../../base/errors.ts';
import { type BytePath, fromText, parentOf } from '../../tree/path.ts';
import { inFolder } from '../commit.ts';
import type { ArchiveInfo, Info } from '../info.ts';
import type { RestorePlan, Step } from './plan-script.ts';
import { ScriptLines } from './script-lines.ts';

/** To the folder above. A shell may call the root `//`, and not everybody may enter each folder above his own. */
export const UPWARDS = `    below=$(pwd -P)
    cd -P .. 2>/dev/null && [ "$(pwd -P)" != "$below" ] || exit 0
`;

/**
 * How the script begins: where not to write. It asks no program that not every system has, and goes on after what
 * fails: the rest is worth having.
 */
export const PREAMBLE: string = `set -eu
target=\${1:?where to? sh RESTORE.txt /path/to/an/empty/folder}
here=$(dirname "$0")
stop() { printf '%s\\n' "Nothing was written to $target: $1" >&2; exit 2; }
kept() { for name; do [ ! -e "$name" ] || exit 1; done; }
date='[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]-[0-9][0-9]-[0-9][0-9]Z'
at=$target
while [ ! -d "$at" ]; do at=$(dirname "$at"); done
(
  CDPATH= cd -P "$at" || exit 1
  [ "$at" != "$target" ] || kept snapshot-disk.json */$date/info.json */$date/SHA256SUMS */$date/*-$date*
  while :; do
    kept $date/info.json $date/SHA256SUMS $date/index.jsonl.zst $date/*-$date*
    [ ! -e SHA256SUMS ] || kept info.json index.jsonl.zst
    [ ! -f runs.jsonl ] || ! grep -q '^{"started":' runs.jsonl || exit 1
${UPWARDS}  done
) || stop 'a backup lies there. Choose another folder.'
mkdir -p "$target" || exit 2
[ "$(ls -A "$target" | wc -l)" -eq 0 ] || [ "\${2-}" = --overwrite ] ||
  stop 'it is not empty. Choose another folder, or add --overwrite to write over what is there.'
failed=0
`;

/** In place of commands. */
export const EMPTY_TREE = '# The tree was empty.';

/** What follows all steps, when there are any. */
export const LAST = 'rmdir "$aside" || failed=1';

/** The end, but not of an empty tree. */
export const END = 'exit $failed';

/** Without it, unzip spells out the letters of names that are not ASCII. */
export const UTF8_LOCALE =
  'case "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" in *[Uu][Tt][Ff]*) ;; *) export LC_ALL=C.UTF-8 ;; esac';

/** GNU tar brings extended attributes and access lists back only when told to; bsdtar does so by `-p`, and does not look here. */
export const TAR_OPTIONS = `case $(tar --help 2>/dev/null) in
  *--xattrs-include*) export TAR_OPTIONS="\${TAR_OPTIONS-} --xattrs --xattrs-include=* --acls" ;;
esac`;

/**
 * Gives a file the attributes that are named, and no others. Where that is refused, or there are no such programs, it is
 * named, and costs nothing else: tar does the same.
 */
export const ATTRIBUTES = `attributes() {
  file="$target/$1"
  shift
  getfattr -h -m - --absolute-names "$file" | while IFS= read -r name; do
    case $name in '' | '#'* | security.selinux) ;; *) setfattr -h -x "$name" "$file" || : ;; esac
  done || :
  while [ $# -gt 1 ]; do
    setfattr -h -n "$1" -v "$2" "$file" || :
    shift 2
  done
}`;

/** An entry whose mode, time and owner have to be set, as no archive that is extracted says them. */
export interface Meta {
  readonly path: BytePath;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  /** In the form of `base/attributes.ts`; those of a file are set when there are any, or its member may have some. */
  readonly attributes?: string | undefined;
}

export interface RestoreParts {
  readonly plan: RestorePlan;
  /** Files to set right before folders and links are extracted. */
  readonly files: readonly Meta[];
  /** Folders to set right after all else, those inside others first. */
  readonly folders: readonly Meta[];
  /** Whether some entry has extended attributes. */
  readonly hasAttributes: boolean;
}

/**
 * RESTORE.txt: a page to read, and a script that `sh` runs. One character per byte.
 *
 * @param info - Its archives are in the order in which they are to be extracted.
 */
export function restoreText(
  snapshot: string,
  info: Pick<Info, 'name' | 'source' | 'host' | 'count' | 'archives' | 'format'>,
  { plan, files, folders, hasAttributes }: RestoreParts,
): string {
  const { archives, format } = info;
  const last = [...showSteps(plan.last), ...showMetas(files)];
  const isLast = !archives.some(({ entries }) => entries === 0);
  const steps = [
    ...archives.flatMap((archive) => [
      // The archive of folders and links is the last: before it, files are brought to their places.
      ...(archive.entries === 0 ? last : []),
      ...showSteps(plan.before.get(archive.number) ?? []),
      extract(archive),
      ...showSteps(plan.after.get(archive.number) ?? []),
    ]),
    ...(isLast ? last : []),
    ...showMetas(folders),
  ];
  const isSimple = steps.length === archives.length;
  const hasZip = archives.some(({ file }) => formatOf(file) === 'zip');
  const hasTar = archives.some(({ file }) => formatOf(file) === 'tar.zst');
  const commands = [
    ...(hasZip ? [UTF8_LOCALE] : []),
    ...(hasTar && hasAttributes ? [TAR_OPTIONS] : []),
    ...(isSimple ? [] : [FUNCTIONS]),
    ...(steps.some((step) => step.startsWith('attributes ')) ? [ATTRIBUTES] : []),
    ...steps,
  ];
  if (!isSimple) commands.push(LAST);
  commands.push(END);
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
# It writes to no folder in which something is, unless --overwrite follows, and never where backups lie. What goes
# wrong is named, and the rest goes on; the exit status is 0 only when nothing did. Or
# type the commands at the end of this page, in their order, with your own folder for "$target".
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

/** Of {@link FUNCTIONS}: sets entries of one mode and owner. */
export const META = `meta() {
  mode=$1
  owner=$2
  shift 2
  left=$#
  while [ "$left" -gt 0 ]; do
    touch -c -d "$1" "$target/$2" || failed=1
    set -- "$@" "$target/$2"
    shift 2
    left=$((left - 2))
  done
  [ "$user" != 0 ] || chown "$owner" "$@" || failed=1
  chmod "$mode" "$@" || failed=1
}`;

/** What the steps below are short for. */
export const FUNCTIONS: string = `aside=$(mktemp -d "$target/.aside-XXXXXX") || exit 2
drop() { for name; do rm -f "$target/$name" || failed=1; done; }
tidy() { for name; do rmdir "$target/$name" 2>/dev/null || :; done; }
aside() { mv "$target/$2" "$aside/$1" || failed=1; }
folder() { [ -d "$target/$1" ] || mkdir -p "$target/$1"; }
place() { folder "$2" && mv "$aside/$1" "$target/$3" || failed=1; }
copy() { folder "$2" && cp -p "$target/$1" "$target/$3" || failed=1; }
user=$(id -u)
${META}`;

/** What stands before and after the name of an archive. */
export const EXTRACT_TAR = ['tar --zstd -xpf ', ' -C "$target" || failed=1'] as const;
export const EXTRACT_ZIP = [
  'unzip -q -o -K -^ ',
  ' -d "$target" || [ $? -eq 1 ] || failed=1 # 1: only warnings',
] as const;

function extract({ file }: ArchiveInfo): string {
  const archive = `"$here"/${quoted(fromText(inFolder(file)))}`;
  const [before, after] = formatOf(file) === 'zip' ? EXTRACT_ZIP : EXTRACT_TAR;
  return `${before}${archive}${after}`;
}

function showSteps(steps: readonly Step[]): readonly string[] {
  const lines = new ScriptLines();
  for (const step of steps) {
    if (step.do === 'drop' || step.do === 'tidy') lines.word(step.do, quoted(step.path));
    else lines.line(showStep(step));
  }
  return lines.all();
}

function showStep(step: Exclude<Step, { do: 'drop' | 'tidy' }>): string {
  const path = quoted(step.path);
  if (step.do === 'aside') return `aside ${step.n} ${path}`;
  const folder = quoted(parentOf(step.path));
  return step.do === 'place'
    ? `place ${step.n} ${folder} ${path}`
    : `copy ${quoted(step.from)} ${folder} ${path}`;
}

/** Entries that follow each other with one mode and owner share a line. Attributes come after the mode, which access lists say more exactly. */
function showMetas(metas: readonly Meta[]): readonly string[] {
  const lines = new ScriptLines();
  for (const { path, mode, uid, gid, mtimeNs, attributes = '' } of metas) {
    const command = `meta ${mode.toString(8).padStart(4, '0')} ${uid}:${gid}`;
    lines.word(command, `${isoTime(mtimeNs)} ${quoted(path)}`);
    if (attributes !== '') lines.line(showAttributes(path, attributes));
  }
  return lines.all();
}

/** A time stays as it is whatever is set of these. */
function showAttributes(path: BytePath, attributes: string): string {
  const words = parseAttributes(attributes).flatMap(([name, value]) => [
    fromText(name),
    value.length === 0 ? '' : `0s${value.toString('base64')}`,
  ]);
  return ['attributes', quoted(path), ...words.map(quoted)].join(' ');
}

/**
 * ISO 8601 with nanoseconds, which every `touch -d` reads (IEEE Std 1003.1-2017, touch). For years that it has no form
 * for, seconds since 1970, as those of GNU and busybox read them.
 */
function isoTime(ns: bigint): string {
  const fraction = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const at = new Date(Number((ns - fraction) / 1_000_000n));
  const year = at.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) return `@${formatSeconds(ns)}`;
  return at.toISOString().replace('.000Z', `.${String(fraction).padStart(9, '0')}Z`);
}

/** `text` as one word of the shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
