// Whether what lies at two places is one series. Pure.
import type { Snapshot } from '../../series/series.ts';

type Told = Pick<Snapshot, 'name' | 'info'>;

/**
 * Why the snapshots at two places cannot be of one series; undefined when they can. In one series a name, a `sequence` and the
 * number of an archive mean the same everywhere: where one means two things, each place has gone on by itself.
 */
export function forkOf(here: readonly Told[], there: readonly Told[]): string | undefined {
  const bySequence = new Map(here.map((one) => [one.info.sequence, one]));
  const byName = new Map(here.map((one) => [one.name, one]));
  for (const one of there) {
    const twin = byName.get(one.name);
    if (twin !== undefined && !isSame(twin, one)) return `${one.name} is another snapshot there`;
    const rival = one.info.sequence === undefined ? undefined : bySequence.get(one.info.sequence);
    if (rival !== undefined && rival.name !== one.name)
      return `both have a snapshot number ${one.info.sequence}: ${rival.name} and ${one.name}`;
  }
  const archives = new Map(here.flatMap(({ info }) => info.archives.map((one) => [one.number, one.sha256])));
  for (const { name, info } of there) {
    const other = info.archives.find(({ number, sha256 }) => (archives.get(number) ?? sha256) !== sha256);
    if (other !== undefined) return `archive number ${other.number} of ${name} is another one there`;
  }
  return undefined;
}

function isSame({ info: a }: Told, { info: b }: Told): boolean {
  return (
    a.hash.tree === b.hash.tree &&
    a.time.started === b.time.started &&
    (a.sequence === undefined || b.sequence === undefined || a.sequence === b.sequence)
  );
}
