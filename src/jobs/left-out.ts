// What a row leaves out of its source, and what there is to say of it beforehand.
import { statSync } from 'node:fs';
import { printable, systemCode } from '../base/errors.ts';
import type { Row } from '../plan/plan.ts';
import { type Apart, isApart } from '../tree/apart.ts';
import type { LeftOut } from '../tree/left-out.ts';
import { markersIn } from '../tree/markers.ts';
import { mountsBelow, readMounts } from '../tree/mounts.ts';
import { namesIn } from '../tree/names-in.ts';
import { type BytePath, display, systemPath } from '../tree/path.ts';
import { isPassedOver } from '../tree/scan.ts';

/** So many mounts are named. */
const MOST_NAMED = 8;

/** A pattern of `exclude` takes back what one of the file leaves out. */
export function leftOutOf(row: Row): LeftOut {
  return {
    patterns: [...row.excludeLines, ...row.exclude],
    largerThan: row['exclude-larger-than'],
    markers: row['exclude-if-present'],
    otherFileSystems: row['one-file-system'],
  };
}

/** Says that the source itself is marked: who put the mark there may not think of the plan, or the other way round. */
export function sourceMark(row: Row): string | undefined {
  return unlessGone(() => {
    const [mark] = markersIn(row.source, '' as BytePath, namesIn(row.source), row['exclude-if-present']);
    if (mark === undefined) return undefined;
    return `"${display(mark)}" lies in the source "${printable(row.source)}" itself: nothing else of it is backed up`;
  });
}

/**
 * Names the file systems that are mounted in the source; undefined where there are none, or the system does not say.
 *
 * @param apart - What a scan of the source leaves out wherever it comes to it.
 */
export function mountsInside(row: Row, apart: readonly Apart[]): string | undefined {
  return unlessGone(() => {
    const { source, 'one-file-system': staysHere } = row;
    const table = readMounts();
    const { dev } = statSync(source);
    const isOther = (path: BytePath): boolean => statSync(systemPath(source, path)).dev !== dev;
    const inside = (mountsBelow(source, table, table) ?? [])
      .map(({ path }) => path)
      .filter((path) => path !== '' && !isPassedOver(source, leftOutOf(row), path))
      .filter((path) => !isApart(apart, systemPath(source, path)))
      // A bind mount of the same file system is no other one.
      .filter((path) => !staysHere || unlessGone(() => isOther(path)) === true);
    if (inside.length === 0) return undefined;
    const named = inside.slice(0, MOST_NAMED).map((path) => `"${display(path)}"`);
    const more = inside.length > named.length ? ` and ${inside.length - named.length} more` : '';
    const what = `mounted in the source: ${named.join(', ')}${more}`;
    return staysHere ? `${what}; left out, as \`one-file-system\` says` : `${what}; backed up as well`;
  });
}

/** What `look` says; undefined where what it looks at is not there, which others say better. */
function unlessGone<T>(look: () => T | undefined): T | undefined {
  try {
    return look();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
