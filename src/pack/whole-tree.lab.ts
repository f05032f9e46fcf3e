// Packing for tests: a whole tree at once, as the first snapshot of a series does.
import { Contents, type Place } from '../format/contents.ts';
import type { EntryTable } from '../tree/entry-table.ts';
import { firstNames, shareContent } from '../tree/hardlinks.ts';
import { Packer } from './pack.ts';
import type { PackOptions } from './pack-options.ts';
import type { Packed } from './packed.ts';

export interface WholeTree {
  readonly result: Packed;
  readonly entries: EntryTable;
  /** Where the content of an entry lies; a further name in a tar shares the place of the first one. */
  readonly placeOf: (i: number) => Place | undefined;
}

/** @param options - But for what an older snapshot would give. */
export async function packWhole(
  entries: EntryTable,
  options: Omit<PackOptions, 'contents' | 'known' | 'knownSizes' | 'firstNumber'>,
): Promise<WholeTree> {
  const contents = new Contents();
  const older = { contents, known: undefined, knownSizes: new Set<number>(), firstNumber: 0 };
  const packer = await Packer.open(entries, { ...options, ...older });
  const isZip = options.format === 'zip';
  const first = isZip ? new Map<number, number>() : firstNames(entries);
  try {
    const { lost } = await packer.files(filesOf(entries, isZip));
    for (const [i, of] of first) packer.loseWith(i, of);
    await packer.tree(new Set(lost.keys()));
    const result = await finished(packer);
    if (!isZip) shareContent(entries);
    const placeOf = (i: number): Place | undefined => {
      const slot = result.slots.get(first.get(i) ?? i);
      return slot === undefined ? undefined : contents.place(slot);
    };
    return { result, entries, placeOf };
  } catch (error) {
    await packer.discard();
    throw error;
  }
}

/** Files with content of their own. */
function filesOf(entries: EntryTable, isZip: boolean): number[] {
  return Array.from({ length: entries.length }, (_, i) => i).filter(
    (i) => entries.hasContent(i) || (isZip && entries.type(i) === 'file'),
  );
}

/** Ends the archives; all are on disk then. */
export async function finished(packer: Packer): Promise<Packed> {
  const packed = await packer.end();
  await packer.committed();
  return packed;
}
