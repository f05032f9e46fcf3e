import { printable } from '../errors.ts';
import type { Info } from './info.ts';

/** Without it, unzip spells out the letters of names that are not ASCII. */
const UTF8_LOCALE =
  'case "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" in *[Uu][Tt][Ff]*) ;; *) export LC_ALL=C.UTF-8 ;; esac';

/** RESTORE.txt: a page to read, and a script that `sh` runs. */
export function restoreText(snapshot: string, info: Info): string {
  const isZip = info.format === 'zip';
  const commands = info.archives.map(({ file }) =>
    isZip
      ? `unzip -q -o -K -^ "$here"/${quoted(file)} -d "$target" || [ $? -eq 1 ] # 1: only warnings`
      : `tar --zstd -xpf "$here"/${quoted(file)} -C "$target"`,
  );
  // unzip calls an empty archive a fault.
  const { files, folders, links } = info.count;
  const isEmpty = files + folders + links === 0;
  const first = info.archives[0]?.file ?? '';
  const one = isZip
    ? `unzip ${quoted(first)} 'folder/file' -d /some/folder`
    : `tar --zstd -xpf ${quoted(first)} -C /some/folder folder/file`;
  const program = isZip ? 'unzip' : 'tar and zstd';
  return `# ${printable(info.name)}, ${snapshot}
#
# ${info.count.files} files from ${printable(info.source)} on ${printable(info.host)}.
#
# To get everything back, with no program but ${program}:
#
#     sh RESTORE.txt /path/to/an/empty/folder
#
# or type the commands at the end of this page, in their order, with your own folder for "$target".
# On Windows: open the archives in the order of their names with 7-Zip${isZip ? ' or the Explorer' : ', or use tar -xf in a terminal of Windows 11'}.
#
# One file only (when it is not in the first archive, it is in one of the others):
#
#     ${one}
#
# What there is:            zstd -dc index.jsonl.zst | less
# Is everything undamaged?  sha256sum -c SHA256SUMS

set -eu
target=\${1:?where to? sh RESTORE.txt /path/to/an/empty/folder}
here=$(dirname "$0")
mkdir -p "$target"
${isZip ? `${UTF8_LOCALE}\n` : ''}${isEmpty ? '# The tree was empty.' : commands.join('\n')}
`;
}

/** `text` as one word of the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
