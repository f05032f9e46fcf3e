// What a verify has seen, as far as damage.json is to know it; and what that knew which was not looked at now.
import { BAD } from '../../check/tasks.ts';
import {
  type Flaw,
  type Flaws,
  type Found,
  type FoundBy,
  placeOf,
  type Sight,
} from '../../series/damage/damage.ts';
import { filesOf, type NamedFile, namedBy } from '../../series/damage/look-over.ts';
import { INFO_FILE } from '../../series/names.ts';
import type { Snapshot, Survey } from '../../series/series.ts';
import type { CheckedArchive } from './checked-archive.ts';
import type { Damage } from './verify-events.ts';
import type { Findings } from './verify-findings.ts';

/** What there was to see, and what came of it. */
export interface Seen {
  readonly by: FoundBy;
  /** Those that were looked at. */
  readonly snapshots: readonly Snapshot[];
  readonly archives: readonly CheckedArchive[];
  readonly findings: Findings;
}

/** @param survey - What is there: nothing of what is gone is damaged. */
export function sightOf({ by, snapshots, archives, findings }: Seen, survey: Survey, at: Date): Sight {
  const said = findings.byFile();
  const found = new Map<string, Found>();
  const inPlace = new Set<string>();
  const sound = new Set<string>();
  for (const archive of archives) {
    const flaw = archive.isDamaged ? foundIn(archive, said) : undefined;
    for (const place of archive.places) {
      if (flaw !== undefined) found.set(place, flaw);
      else {
        inPlace.add(place);
        if (archive.isRead) sound.add(place);
      }
    }
  }
  for (const { name, info } of snapshots) {
    // Whatever is no archive was read.
    for (const file of [...filesOf(info), { file: INFO_FILE }]) {
      const place = placeOf(name, file);
      if (info.archives.some((archive) => archive.file === file.file) || said.has(place)) continue;
      inPlace.add(place);
      sound.add(place);
    }
  }
  for (const [place, what] of said) {
    if (found.has(place)) continue;
    found.set(place, { kind: what === 'is missing' ? 'missing' : 'content', what, contents: null });
  }
  return {
    by,
    at,
    found,
    isInPlace: (file) => (inPlace.has(file) ? true : undefined),
    isSound: (file) => sound.has(file) && !found.has(file),
    isNeeded: namedBy(survey.snapshots, survey),
  };
}

function foundIn(
  { file, item, bytes, pieces, states }: CheckedArchive,
  said: ReadonlyMap<string, string>,
): Found {
  if (item === undefined) return { kind: 'missing', what: 'is missing', contents: null };
  const what = said.get(file) ?? 'is not what it should be';
  const contents: string[] = [];
  states?.forEach((state, slot) => {
    if (state === BAD) contents.push(Buffer.from(pieces.at(slot).hash).toString('hex'));
  });
  const kind = item.sizeBytes === bytes ? 'content' : 'size';
  return { kind, what, contents: states === undefined ? null : contents };
}

/** Damage that was found before, and that this verify has not looked at: nobody has seen it mended. */
export function stillKnown(
  series: string,
  flaws: Flaws,
  { found }: Sight,
  snapshots: readonly Snapshot[],
): readonly Damage[] {
  const known = new Map<string, { flaw: Flaw; file: string; needed: Set<string> }>();
  for (const { name, info } of snapshots) {
    const files: readonly NamedFile[] = [...filesOf(info), { file: INFO_FILE }];
    for (const file of files) {
      const place = placeOf(name, file);
      const flaw = found.has(place) ? undefined : flaws.get(place);
      if (flaw === undefined) continue;
      // A file with several names is told once. Those without a check sum are each snapshot's own.
      const key = `${file.sha256 ?? place} ${flaw.what} ${flaw.since}`;
      const one = known.get(key) ?? { flaw, file: place, needed: new Set() };
      known.set(key, one);
      one.needed.add(name);
    }
  }
  return [...known.values()].map(({ flaw: { what, since, by }, file, needed }) => ({
    event: 'damage',
    series,
    file,
    what: `${what} (found by ${FINDERS[by]} of ${since}, and not read now)`,
    snapshots: [...needed].toSorted(),
    known: true,
  }));
}

const FINDERS: Readonly<Record<FoundBy, string>> = {
  run: 'a run',
  quick: 'a quick verify',
  sample: 'a verify of a sample',
  full: 'a full verify',
};
