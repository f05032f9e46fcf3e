// How RESTORE.txt is written now, and how it was written before: old snapshots are read as well.
import { EXTRACT_TAR, EXTRACT_ZIP, END, FUNCTIONS, LAST, META, PREAMBLE, UPWARDS } from './write-script.ts';
import { NAMES } from './script-lines.ts';

/** The fixed parts of a script. */
export interface Dialect {
  readonly preamble: string;
  readonly functions: string;
  /** So many entries are set by one line at most. */
  readonly metas: number;
  readonly last: string;
  /** The last line, if there is one. */
  readonly end: string | undefined;
  /** What stands before and after the name of an archive. */
  readonly tar: readonly [string, string];
  readonly zip: readonly [string, string];
}

const NOW: Dialect = {
  preamble: PREAMBLE,
  functions: FUNCTIONS,
  metas: NAMES,
  last: LAST,
  end: END,
  tar: EXTRACT_TAR,
  zip: EXTRACT_ZIP,
};

/** Started three programs for each entry. */
const SINGLE: Dialect = {
  ...NOW,
  functions: FUNCTIONS.replace(
    META,
    () => `meta() {
  [ "$user" != 0 ] || chown "$2" "$target/$4" || failed=1
  chmod "$1" "$target/$4" || failed=1
  touch -d "$3" "$target/$4" || failed=1
}`,
  ),
  metas: 1,
};

/** Looked for the root for ever where the shell calls it `//`, or a folder above may not be entered. */
const ENDLESS: Dialect = {
  ...SINGLE,
  preamble: PREAMBLE.replace(UPWARDS, () => '    [ "$(pwd -P)" != / ] || exit 0\n    cd -P ..\n'),
};

/** Stopped at the first thing that went wrong, and wrote into any folder. */
const FIRST: Dialect = {
  preamble: `set -eu
target=\${1:?where to? sh RESTORE.txt /path/to/an/empty/folder}
here=$(dirname "$0")
mkdir -p "$target"
`,
  functions: `aside=$(mktemp -d "$target/.aside-XXXXXX")
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
}`,
  metas: 1,
  last: 'rmdir "$aside"',
  end: undefined,
  tar: ['tar --zstd -xpf ', ' -C "$target"'],
  zip: ['unzip -q -o -K -^ ', ' -d "$target" || [ $? -eq 1 ] # 1: only warnings'],
};

export const DIALECTS: readonly Dialect[] = [NOW, SINGLE, ENDLESS, FIRST];
