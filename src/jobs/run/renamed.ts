import { commandLine } from '../../base/command-line.ts';
import { readFormerNames } from '../../series/former-names.ts';
import { GuardError, optionsFor, seriesWord } from '../../series/guards.ts';
import { snapshotTime } from '../../series/names.ts';
import { Series } from '../../series/series.ts';
import { fromText } from '../../tree/path.ts';
import type { RowContext } from './row-context.ts';

/**
 * Refuses to begin a series that is there under another name, of which the plan does not know: a rename was cut short, or
 * its owner was to write the name into the plan. Everything would be stored a second time.
 *
 * @throws {@link GuardError} unless the user accepts it.
 */
export async function refuseRenamed(context: RowContext): Promise<void> {
  const { series, row, options } = context;
  const { store, name } = series;
  if ((await store.list(name)).some((item) => snapshotTime(item.name) !== undefined)) return;
  for (const item of await store.list('')) {
    if (!item.isFolder || item.name === name || options.places?.makes(row.destination, item.name) === true)
      continue;
    const other = new Series(store, item.name);
    if (!(await readFormerNames(other)).includes(name)) continue;
    const error = new GuardError(
      'renamed',
      `Series "${series.place()}" is called \`${item.name}\` now, which the plan does not say; nothing was written`,
      `\`${commandLine(`rename ${seriesWord(name)} ${seriesWord(item.name)}`)}\` writes it there. To begin a new series of the old name, run this once: \`${optionsFor(name, '--accept-changes')}\`.`,
    );
    if (!context.accepts(fromText(''), error)) throw error;
  }
}
